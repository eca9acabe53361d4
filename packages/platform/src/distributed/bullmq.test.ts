import { useScene } from '@fairseat/test-support/scene';
import { Queue } from 'bullmq';
import { describe, expect, it, vi } from 'vitest';

const scene = useScene();

describe('an alarm', () => {
  it('rings soon after its moment, not at the next whole second', async () => {
    const platform = scene.open();
    const timers = platform.timers('expiration');
    let rung = Promise.withResolvers<number>();
    timers.onFire(async (key) => rung.resolve(platform.clock.now() - Number(key)));
    await platform.start();
    const latenessMs: number[] = [];
    for (let n = 0; n < 5; n++) {
      rung = Promise.withResolvers();
      const at = platform.clock.now() + 200;
      await timers.set(String(at), at);
      latenessMs.push(await rung.promise);
    }
    // The best of five counts, since the machine may be busy with other tests.
    expect(Math.min(...latenessMs)).toBeLessThan(400);
    expect(Math.min(...latenessMs)).toBeGreaterThanOrEqual(0);
  });

  it.each([1, 2])(
    'that is moved between its last look at its time and its end rings at the new time (ring %i)',
    async (moves) => {
      const platform = scene.open();
      const timers = platform.timers('expiration');
      const later = () => platform.clock.now() + 300;
      const rung: number[] = [];
      const isOver = Promise.withResolvers<void>();
      timers.onFire(async () => {
        rung.push(platform.clock.now());
        if (rung.length > moves) isOver.resolve();
      });
      const movedTo: number[] = [];
      const read = Queue.prototype.getJob;
      const looks = vi.spyOn(Queue.prototype, 'getJob').mockImplementation(async function (
        this: Queue,
        id: string,
      ) {
        const job = await read.call(this, id);
        // The only look between a ring and the next move is that of the alarm which has just rung.
        if (rung.length > movedTo.length && movedTo.length < moves) {
          movedTo.push(later());
          await timers.set('k', movedTo.at(-1) as number);
        }
        return job;
      });
      try {
        await platform.start();
        await timers.set('k', platform.clock.now());
        await isOver.promise;
      } finally {
        looks.mockRestore();
      }
      expect(movedTo.filter((at, n) => (rung[n + 1] as number) < at)).toEqual([]);
    },
  );
});
