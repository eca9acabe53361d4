/** How long a platform keeps dead letters, for those that forget. */
import { describe, expect, it } from 'vitest';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';
import { consume, numberedEvents } from './numbered-events.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Between two looks for what is old, at most. */
const LOOK_MS = 60_000;

export function deadLetterContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));

  describe(`a dead letter of the ${kind} platform`, () => {
    test('is kept for thirty days, also across a restart, and then forgotten', async (harness) => {
      const open = async () => {
        const platform = await harness.open();
        consume(platform, 'auth', () => Promise.reject(new Error('always')));
        await platform.start();
        return platform;
      };
      const first = await open();
      const event = numberedEvents(first, harness);
      const backlog = () => platform.bus.backlog();
      let platform = first;
      await platform.bus.publish(event(1));
      await expect.poll(backlog).toMatchObject([{ events: 0, dead: 1 }]);
      harness.clock.advance(20 * DAY_MS);
      await platform.bus.publish(event(2));
      await expect.poll(backlog).toMatchObject([{ events: 0, dead: 2 }]);
      await platform.close();

      harness.clock.advance(10 * DAY_MS - LOOK_MS);
      platform = await open();
      expect(await backlog()).toMatchObject([{ dead: 2 }]);
      await expect
        .poll(() => {
          harness.clock.advance(LOOK_MS);
          return backlog();
        })
        .toMatchObject([{ dead: 1 }]);
      expect(await platform.bus.deadLetters()).toMatchObject([
        { event: { subject: event(2).subject } },
      ]);
      await platform.close();
    });
  });
}
