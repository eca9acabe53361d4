import { randomFillSync } from 'node:crypto';
import type { Clock } from '@fairseat/common/ports';

const RANDOM_BYTES = 10;

/** Ids as UUID version 7 orders them: the time first, so that new records lie side by side in an index. */
export function createNewId(clock: Clock): () => string {
  const pool = Buffer.alloc(RANDOM_BYTES * 256);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += RANDOM_BYTES;
    const random = pool.toString('hex', used - RANDOM_BYTES, used);
    return clock.now().toString(16).padStart(12, '0') + random;
  };
}
