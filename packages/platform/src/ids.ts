import { randomFillSync } from 'node:crypto';
import type { Clock } from '@fairseat/common/ports';

const RANDOM_DIGITS = 20;
const POOL_BYTES = 2560;

/**
 * Ids as UUID version 7 orders them: the time first, so that new records lie side by side in an index. Every request and
 * every event has one, so digits are written down for many at a time.
 */
export function createNewId(clock: Clock): () => string {
  const pool = Buffer.alloc(POOL_BYTES);
  let random = '';
  let used = 0;
  let last = Number.NaN;
  let time = '';
  return () => {
    if (used === random.length) {
      random = randomFillSync(pool).toString('hex');
      used = 0;
    }
    const now = clock.now();
    if (now !== last) {
      last = now;
      time = now.toString(16).padStart(12, '0');
    }
    used += RANDOM_DIGITS;
    return time + random.slice(used - RANDOM_DIGITS, used);
  };
}
