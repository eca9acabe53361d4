import { describe, expect, it } from 'vitest';
import { sweep } from './repeat.ts';

/** A sweep over numbers, each due until its action has succeeded. */
function sweeping(count: number, act: (item: number) => Promise<void>) {
  let left = Array.from({ length: count }, (_, item) => item);
  const asked: number[] = [];
  const task = sweep(
    'try all',
    1000,
    async (limit) => left.slice(0, limit),
    async (item) => {
      asked.push(item);
      await act(item);
      left = left.filter((other) => other !== item);
    },
  );
  return { task, asked, left: () => left };
}

describe('a sweep', () => {
  it('does all that is due, batch after batch', async () => {
    const { task, left } = sweeping(250, async () => {});
    await task.run();
    expect(left()).toEqual([]);
  });

  it('goes on behind what fails, and reports it at the end', async () => {
    const { task, left } = sweeping(250, async (item) => {
      if (item === 7) throw new Error('seven');
    });
    await expect(task.run()).rejects.toMatchObject({ message: 'try all', errors: [{}, {}, {}] });
    expect(left()).toEqual([7]);
  });

  it('ends when everything fails', async () => {
    const { task, asked } = sweeping(250, async () => {
      throw new Error('the engine is away');
    });
    await expect(task.run()).rejects.toThrow('try all');
    expect(asked).toHaveLength(100);
  });
});
