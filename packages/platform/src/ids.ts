import { randomFillSync } from 'node:crypto';
import type { Clock } from '@fairseat/common/ports';

const RANDOM_DIGITS = 20;
const POOL_BYTES = 2560;

/**
 * Ids begin with the time, as in UUID version 7, so that new records are neighbours in an index. Every request and
 * every event gets one, so random digits are generated for many at once.
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
