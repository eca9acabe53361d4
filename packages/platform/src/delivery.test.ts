import { DuplicateKey, NotYet, Unavailable, VersionConflict } from '@fairseat/common/errors';
import { describe, expect, it } from 'vitest';
import { afterError, afterFailure, timingOf } from './delivery.ts';

const timing = { deferMs: 7, backoffMs: 10, maxFailures: 20 };
const conflict = new VersionConflict('changed');
const taken = new DuplicateKey('taken');
const away = new Unavailable('away');
const later = new NotYet('held');
const broken = new Error('broken');

describe('what follows when a handler has thrown', () => {
  it.each([
    // error, conflicts and failures before, outcome, conflicts and failures after
    ['a conflict', conflict, [0, 0], { kind: 'again' }, [1, 0]],
    ['a key that is taken', taken, [0, 0], { kind: 'again' }, [1, 0]],
    ['a conflict after failures', conflict, [4, 3], { kind: 'again' }, [5, 3]],
    ['the 99th conflict', conflict, [98, 0], { kind: 'again' }, [99, 0]],
    ['the 100th conflict', conflict, [99, 0], { kind: 'retry', forMs: 10 }, [0, 1]],
    ['the 100th key that is taken', taken, [99, 1], { kind: 'retry', forMs: 20 }, [0, 2]],
    ['the 100th conflict, at last', conflict, [99, 19], { kind: 'dead' }, [0, 20]],
    ['an engine that is away', away, [0, 0], { kind: 'pause', forMs: 250 }, [0, 0]],
    ['the same between conflicts', away, [99, 19], { kind: 'pause', forMs: 250 }, [99, 19]],
    ['not yet', later, [0, 0], { kind: 'defer', forMs: 7 }, [0, 0]],
    ['not yet, however often it failed', later, [50, 19], { kind: 'defer', forMs: 7 }, [0, 19]],
    ['a failure', broken, [0, 0], { kind: 'retry', forMs: 10 }, [0, 1]],
    ['what is no error', 'broken', [0, 0], { kind: 'retry', forMs: 10 }, [0, 1]],
    ['a second failure', broken, [9, 1], { kind: 'retry', forMs: 20 }, [0, 2]],
    ['a third failure', broken, [0, 2], { kind: 'retry', forMs: 40 }, [0, 3]],
    ['a twelfth failure', broken, [0, 11], { kind: 'retry', forMs: 20_480 }, [0, 12]],
    ['a thirteenth failure', broken, [0, 12], { kind: 'retry', forMs: 30_000 }, [0, 13]],
    ['the last but one', broken, [0, 18], { kind: 'retry', forMs: 30_000 }, [0, 19]],
    ['the last', broken, [0, 19], { kind: 'dead' }, [0, 20]],
    ['one more than the last', broken, [0, 20], { kind: 'dead' }, [0, 21]],
  ] as const)('%s', (_, error, [conflicts, failures], next, [conflictsAfter, failuresAfter]) => {
    expect(afterError(error, { conflicts, failures }, timing)).toEqual({
      ...next,
      conflicts: conflictsAfter,
      failures: failuresAfter,
    });
  });

  it('is the same when the failures are counted elsewhere', () => {
    for (let failures = 1; failures <= 21; failures++) {
      const counts = { conflicts: 0, failures: failures - 1 };
      expect(afterFailure(failures, timing)).toEqual(afterError(broken, counts, timing));
    }
  });
});

describe('the times of delivery', () => {
  it('are these unless others are asked for', () => {
    expect(timingOf({})).toEqual({ deferMs: 100, backoffMs: 100, maxFailures: 8 });
    expect(timingOf(timing)).toEqual(timing);
  });

  it('give an event up after 12.7 seconds', () => {
    const pauses = Array.from({ length: 8 }, (_, n) => afterFailure(n + 1, timingOf({})));
    const waitedMs = pauses.map((next) => ('forMs' in next ? next.forMs : 0));
    expect(waitedMs.reduce((sum, ms) => sum + ms)).toBe(12_700);
    expect(pauses.at(-1)?.kind).toBe('dead');
  });
});
