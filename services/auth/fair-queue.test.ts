import { describe, expect, it } from 'vitest';
import { createFairQueue } from './fair-queue.ts';

/** A queue of four that runs one at a time, and the order in which its work was done or refused. */
function scene() {
  const inTurn = createFairQueue(1, 4, () => new Error('busy'));
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const running = inTurn('first', () => gate.promise);
  const ask = (from: string, name: string) =>
    inTurn(from, async () => void done.push(name)).catch(() => void done.push(`${name} refused`));
  return { ask, done, running, open: gate.resolve };
}

describe('a fair queue', () => {
  it('gives each origin its turn, however much one asks', async () => {
    const { ask, done, running, open } = scene();
    const all = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1')];
    open();
    await Promise.all([running, ...all]);
    expect(done).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('that is full refuses the last of whoever has most in it, and not the next to come', async () => {
    const { ask, done, running, open } = scene();
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
    all.push(ask('b', 'b1'), ask('c', 'c1'), ask('a', 'a5'), ask('d', 'd1'), ask('e', 'e1'));
    open();
    await Promise.all([running, ...all]);
    const refused = done.filter((name) => name.endsWith('refused'));
    expect(refused.toSorted()).toEqual(
      ['a2', 'a3', 'a4', 'a5', 'e1'].map((name) => `${name} refused`),
    );
    expect(done.filter((name) => !name.endsWith('refused'))).toEqual(['a1', 'b1', 'c1', 'd1']);
  });

  it('goes on after work that fails', async () => {
    const inTurn = createFairQueue(1, 4, () => new Error('busy'));
    const failing = inTurn('a', () => Promise.reject(new Error('no')));
    expect(await inTurn('b', async () => 'yes')).toBe('yes');
    await expect(failing).rejects.toThrow('no');
  });
});
