/** How an event lies in the file: its ids as bytes, its time as a number, and without what follows from the rest. */

import type { DatabaseSync } from 'node:sqlite';
import type { AnyEvent } from '@fairseat/common/events';

/** `body` is the whole event as JSON where the other columns are empty: it was written by 0.1.0, or is of no usual form. */
const COLUMNS = {
  body: 'TEXT NOT NULL',
  /** Of the event, its subject and its trace. */
  ids: 'BLOB',
  source: 'TEXT',
  type: 'TEXT',
  /** Milliseconds since the epoch. */
  time: 'INTEGER',
  version: 'INTEGER',
  /** The correlation id, where it is not that of the trace. */
  story: 'TEXT',
};

export type EventRow = (string | number | Uint8Array | null)[];

const names = Object.keys(COLUMNS);
const ID_BYTES = 16;
const TRACE_AT = '00-'.length;
const ISO_LENGTH = '2026-01-01T00:00:00.000Z'.length;

/** To be run with a number and a row. */
export const INSERT_EVENT = `INSERT INTO event_log (seq, ${names}) VALUES (?, ${names.map(() => '?')})`;

export function rowOf(event: AnyEvent): EventRow {
  const { id, source, type, subject, time, version, correlationid, traceparent } = event;
  const traceId = traceparent.slice(TRACE_AT, TRACE_AT + 2 * ID_BYTES);
  const ids = Buffer.from(id + subject + traceId, 'hex');
  const isUsual =
    ids.length === 3 * ID_BYTES &&
    time.length === ISO_LENGTH &&
    event.tracestate === undefined &&
    traceparent.endsWith(`-${id.slice(ID_BYTES)}-01`);
  if (!isUsual) return [JSON.stringify(event), null, null, null, null, null, null];
  const data = JSON.stringify(event.data);
  const start = startOf(subject);
  const body = data.startsWith(start) ? data.slice(start.length) : data;
  const story = correlationid === traceId ? null : correlationid;
  return [body, ids, source, type, msOf(time), version, story];
}

let last = { time: '', ms: Number.NaN };
/** Many events share a millisecond. */
function msOf(time: string): number {
  if (time !== last.time) last = { time, ms: Date.parse(time) };
  return last.ms;
}

/** How the `data` of most events begins. */
const startOf = (subject: string) => `{"id":"${subject}",`;

/** The SQL of an event as JSON, from the columns of such a row. */
export function eventSql(row: string): string {
  const id = (n: number) => `lower(hex(substr(${row}.ids, ${n * ID_BYTES + 1}, ${ID_BYTES})))`;
  const [own, subject, trace] = [id(0), id(1), id(2)];
  return `CASE WHEN ${row}.ids IS NULL THEN ${row}.body ELSE
    '{"specversion":"1.0","id":"' || ${own} || '","source":' || json_quote(${row}.source)
    || ',"type":' || json_quote(${row}.type) || ',"subject":"' || ${subject}
    || '","time":"' || strftime('%Y-%m-%dT%H:%M:%fZ', ${row}.time / 1000.0, 'unixepoch')
    || '","version":' || ${row}.version
    || ',"correlationid":' || json_quote(coalesce(${row}.story, ${trace}))
    || ',"traceparent":"00-' || ${trace} || '-' || substr(${own}, ${ID_BYTES + 1}) || '-01","data":'
    || CASE WHEN ${row}.body LIKE '{%' THEN '' ELSE '{"id":"' || ${subject} || '",' END
    || ${row}.body || '}' END`;
}

/**
 * Makes the log where there is none. Releases up to 0.1.0 have a table `events` in its place, with each event as JSON;
 * such a view of it remains, for them to read and write.
 */
export function defineEvents(db: DatabaseSync) {
  const isTable = db.prepare(
    `SELECT 1 FROM sqlite_schema WHERE name = 'events' AND type = 'table'`,
  );
  const columns = Object.entries(COLUMNS).map((column) => column.join(' '));
  const log = isTable.get()
    ? `ALTER TABLE events RENAME TO event_log;
       ${columns
         .slice(1)
         .map((column) => `ALTER TABLE event_log ADD COLUMN ${column};`)
         .join('')}`
    : `CREATE TABLE IF NOT EXISTS event_log (seq INTEGER PRIMARY KEY, ${columns});`;
  db.exec(`BEGIN; ${log}
    CREATE VIEW IF NOT EXISTS events AS
      SELECT seq, ${eventSql('event_log')} AS body FROM event_log;
    CREATE TRIGGER IF NOT EXISTS events_insert INSTEAD OF INSERT ON events BEGIN
      INSERT INTO event_log (seq, body) VALUES (NEW.seq, NEW.body);
    END;
    CREATE TRIGGER IF NOT EXISTS events_delete INSTEAD OF DELETE ON events BEGIN
      DELETE FROM event_log WHERE seq = OLD.seq;
    END;
    COMMIT`);
}
