import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEvent } from '@fairseat/common/events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowOf } from './event-rows.ts';
import { openFile } from './file.ts';
import { Store } from './store.ts';

const [id, subject, seller, trace] = ['a', 'b', 'c', 'd'].map((digit) =>
  `1${digit}`.repeat(16),
) as [string, string, string, string];
const time = '2026-03-01T12:00:00.007Z';
const ticket = {
  id: subject,
  title: 'Say "{}", 🎟 \\ & \u2028',
  price: 4990,
  userId: seller,
  orderId: null,
  status: 'available',
  version: 7,
  createdAt: time,
} as const;
const event: AnyEvent = {
  specversion: '1.0',
  id,
  source: 'tickets',
  type: 'ticket.updated',
  subject,
  time,
  version: 7,
  correlationid: trace,
  traceparent: `00-${trace}-${id.slice(16)}-01`,
  data: ticket,
};
const ended = { sessionId: seller, expiresAt: time };

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
  store = new Store(openFile(join(folder, 'fairseat.sqlite')));
});
afterEach(() => {
  store.crash();
  rmSync(folder, { recursive: true });
});

const save = (saved: AnyEvent) => store.write(() => store.append(saved, rowOf(saved)));
const bodies = () =>
  store
    .sql('SELECT body FROM events ORDER BY seq')
    .all()
    .map(({ body }) => body);

describe('an event in the file', () => {
  it.each<[string, AnyEvent]>([
    ['of its usual form', event],
    ['of a request that has an id of its own', { ...event, correlationid: 'my-"request"' }],
    ['whose data does not begin with its subject', { ...event, data: { ...ticket, id: seller } }],
    ['whose data has no id', { ...event, source: 'auth', type: 'session.ended', data: ended }],
    ['with nothing but an id', { ...event, data: { id: subject } } as never],
    ['whose time is less exact', { ...event, time: '2026-03-01T12:00:00Z' }],
    ['from before 1970', { ...event, time: '1969-12-31T23:59:59.999Z' }],
    [
      'that is another step of its trace',
      { ...event, traceparent: `00-${trace}-${'0'.repeat(16)}-00` },
    ],
    ['with what other tracers keep', { ...event, tracestate: 'rojo=1,congo=2' }],
    ['whose subject is no id', { ...event, subject: 'seat 7' }],
  ])('%s is read to the byte', async (_, saved) => {
    await save(saved);
    expect(bodies()).toEqual([JSON.stringify(saved)]);
  });

  it('takes little more than half of its text', async () => {
    await save(event);
    const values = Object.values(store.sql('SELECT * FROM event_log').get() ?? {});
    const bytes = values.map(
      (value) => (value instanceof Uint8Array ? value : String(value)).length,
    );
    const text = JSON.stringify(event).length;
    expect(bytes.reduce((sum, each) => sum + each)).toBeLessThan(0.55 * text);
  });

  it('is read, written and deleted by 0.1.0, and what that writes by this release', async () => {
    await save(event);
    // Its own statements, to the word.
    store.define('CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    expect(store.sql('SELECT max(seq) AS last FROM events').get()).toEqual({ last: 1 });
    const later = JSON.stringify({ ...event, time: '2027-01-01T00:00:00.000Z' });
    store.sql('INSERT INTO events (seq, body) VALUES (?, ?)').run(2, later);
    expect(
      store.sql('SELECT seq, body FROM events WHERE seq >= ? ORDER BY seq LIMIT ?').all(1, 9),
    ).toEqual([
      { seq: 1, body: JSON.stringify(event) },
      { seq: 2, body: later },
    ]);
    store
      .sql(
        `DELETE FROM events WHERE seq IN
         (SELECT seq FROM events WHERE seq < ? ORDER BY seq LIMIT 5000)
         AND CASE WHEN json_valid(body) THEN body ->> 'time' < ? ELSE 1 END`,
      )
      .run(3, '2026-12-31');
    expect(bodies()).toEqual([later]);
  });
});
