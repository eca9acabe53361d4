import { describe, expect, it } from 'vitest';
import { DuplicateKey, Unavailable, VersionConflict } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import { createTestClock } from '../../testing/clock.ts';
import type { Log } from '../process/log.ts';
import { publishedState, type Restorable } from './restore.ts';

const eventOf = (subject: string) => ({ subject, type: 'ticket.sold', version: 3 }) as AnyEvent;
const events = [eventOf('a'), eventOf('b')];

/** Takes these back, and answers what was told of those that it could not take back. */
async function takeBack(records: Restorable) {
  const told: unknown[] = [];
  const log = {
    error: ({ id }: { id?: string }) => id !== undefined && told.push(id),
  } as unknown as Log;
  const state = publishedState(records, {
    service: 'tickets',
    clock: createTestClock(),
    log,
    onRestore: () => {},
    sayAllAgain: async () => {},
  });
  await state.takeBack(events, { since: undefined, isCovered: true });
  return told;
}

describe('what a restored database takes back', () => {
  it.each([VersionConflict, DuplicateKey])(
    'is not lost when another replica was first (%o)',
    async (Lost) => {
      const there = new Set<string>();
      const told = await takeBack({
        isLost: async ({ subject }) => !there.has(subject),
        takeBack: async ({ subject }) => {
          there.add(subject);
          throw new Lost('changed');
        },
      });
      expect(told).toEqual([]);
    },
  );

  it('is told by name when it cannot be taken back', async () => {
    const told = await takeBack({
      isLost: async ({ subject }) => subject === 'b',
      takeBack: async ({ subject }) => {
        if (subject === 'b') throw new DuplicateKey('taken');
      },
    });
    expect(told).toEqual(['b']);
  });

  it('is not given up while the engine is away: the start fails', async () => {
    const away = takeBack({
      isLost: async () => true,
      takeBack: () => Promise.reject(new Unavailable('away')),
    });
    await expect(away).rejects.toThrow(Unavailable);
  });
});
