import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readConfig } from '@fairseat/common/kit';
import { describe, expect, it } from 'vitest';
import { retentionOf } from './retention.ts';

const WEEK_MINUTES = 7 * 24 * 60;
const WEEK_NANOS = WEEK_MINUTES * 60 * 1e9;
const folder = join(import.meta.dirname, '../../../tests/upgrade/0.1.0');
/** What JetStream adds to each message, with the headers that name its id, content and trace. */
const MESSAGE_BYTES = 212;

/** Of a purchase in the stream of orders, which gets most events of it. */
function bytesOfPurchase(): number {
  const db = new DatabaseSync(join(folder, 'fairseat.sqlite'), { readOnly: true });
  const sizes = db
    .prepare(
      `SELECT sum(length(CAST(body AS BLOB)) + length(body ->> 'type') + ${MESSAGE_BYTES}) AS bytes
       FROM events WHERE body ->> 'source' = 'orders' GROUP BY body ->> 'subject'
       HAVING max(body ->> 'type' = 'order.completed')`,
    )
    .all();
  db.close();
  // 0.1.0 said three events of a purchase; `order.secured` is the fourth.
  return (4 / 3) * Math.max(...sizes.map(({ bytes }) => Number(bytes)));
}

describe('the settings of a stream', () => {
  it('keep a week of 30 purchases a minute by default', () => {
    const { max_age, max_bytes } = retentionOf(readConfig({}));
    expect(max_age).toBeGreaterThan(WEEK_NANOS);
    expect(bytesOfPurchase()).toBeGreaterThan(1500);
    expect(max_bytes).toBeGreaterThan(30 * WEEK_MINUTES * bytesOfPurchase());
  });

  it('are bounded by age and bytes, so that the oldest go and sales go on', () => {
    const config = readConfig({ EVENTS_KEPT_DAYS: '2', EVENTS_MAX_BYTES: '1048576' });
    expect(retentionOf(config)).toEqual({
      max_age: 2 * 24 * 60 * 60 * 1e9,
      max_bytes: 1_048_576,
      discard: 'old',
      compression: 's2',
    });
  });
});
