import { randomUUID } from 'node:crypto';
import type { Clock } from '@fairseat/common/ports';

/** Ids as UUID version 7 orders them: the time first, so that new records lie side by side in an index. */
export const createNewId = (clock: Clock) => () =>
  clock.now().toString(16).padStart(12, '0') + randomUUID().replaceAll('-', '').slice(12);
