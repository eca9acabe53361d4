import { describe, expect, it } from 'vitest';
import { createTestClock } from '../../testing/clock.ts';
import { createLog } from '../process/log.ts';
import { repeat, sweep } from './repeat.ts';

const { signal } = new AbortController();

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
    await task.run(signal);
    expect(left()).toEqual([]);
  });

  it('goes on behind what fails, and reports it at the end', async () => {
    const { task, left } = sweeping(250, async (item) => {
      if (item === 7) throw new Error('seven');
    });
    await expect(task.run(signal)).rejects.toMatchObject({
      message: 'try all',
      errors: [{}, {}, {}],
    });
    expect(left()).toEqual([7]);
  });

  it('ends when everything fails', async () => {
    const { task, asked } = sweeping(250, async () => {
      throw new Error('the engine is away');
    });
    await expect(task.run(signal)).rejects.toThrow('try all');
    expect(asked).toHaveLength(100);
  });

  it('stops between two batches when it is asked to, however much is due', async () => {
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { task, asked, left } = sweeping(250, async () => {
      begun.resolve();
      await gate.promise;
    });
    const stop = repeat(task, createTestClock(), createLog('silent'));
    await begun.promise;
    const stopped = stop();
    gate.resolve();
    await stopped;
    expect(asked).toHaveLength(100);
    expect(left()).toHaveLength(150);
  });
});
