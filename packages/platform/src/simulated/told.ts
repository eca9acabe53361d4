import type { AnyEvent } from '@fairseat/common/events';
import type { DeadLetter, Stored } from '@fairseat/common/ports';
import type { Happening } from './history.ts';
import type { RowChange } from './row-log.ts';

export interface Noted {
  happening: Happening;
  story: string | undefined;
}

/** An alarm is about to be dropped, which changes the same row as one that has fired. */
export interface Dropping {
  dropped: string;
}

/** The changes of one committed transaction, and the happenings during it. */
export type Saved = (RowChange | Noted | Dropping)[];

type Row = NonNullable<RowChange['after']>;
type Write = Extract<Happening, { kind: 'write' }>;

const parsed = <T>(row: Row | undefined): T | undefined =>
  row && (JSON.parse(String(row['body'])) as T);
const named = (...parts: unknown[]) => parts.join(' ');

/** The history of the embedded platform as its saved rows tell it, whatever the platform itself believes. */
export class Told {
  readonly records = new Map<string, Map<string, Stored>>();
  readonly events: AnyEvent[] = [];
  readonly deadLetters: DeadLetter[] = [];
  /** The types of events that each group handles. */
  readonly groups = new Map<string, ReadonlySet<string>>();
  readonly #bySeq = new Map<number, AnyEvent>();
  readonly #saved = new Set<string>();
  #lastSeq = 0;
  readonly #cursors = new Map<string, number>();
  readonly #parked = new Set<string>();
  /** Letters whose parked row is gone: their outcome is recorded then, perhaps before the cursor gets there. */
  readonly #wasParked = new Set<string>();
  /** The times at which alarms fire next, and those that `set` gave them. */
  readonly #alarms = new Map<string, number>();
  readonly #dueAt = new Map<string, number>();
  readonly #attempts = new Map<string, number>();
  /** The firings of each alarm that are not handled yet. */
  readonly #ringing = new Map<string, number[]>();
  readonly #dropping = new Set<string>();
  /** The stories of writes, which those without events do not tell. */
  readonly #stories = new Map<string, string>();
  #rings = 0;

  isQuiet(nowMs: number): boolean {
    const isRead = (group: string) => (this.#cursors.get(group) ?? 0) >= this.#lastSeq;
    return (
      this.#parked.size === 0 &&
      [...this.groups.keys()].every(isRead) &&
      [...this.#alarms.values()].every((at) => at > nowMs)
    );
  }

  /** Returns false for an event handed out before its commit, which may never be saved. */
  isSaved({ id }: AnyEvent): boolean {
    return this.#saved.has(id);
  }

  writes(table: string, record: Stored, story: string | undefined) {
    if (story) this.#stories.set(named(table, JSON.stringify(record)), story);
  }

  delivers(group: string, event: AnyEvent, attempt: number) {
    this.#attempts.set(named(group, event.id), attempt);
  }

  rings(service: string, key: string): Happening {
    const ring = ++this.#rings;
    const name = named(service, key);
    this.#ringing.set(name, [...(this.#ringing.get(name) ?? []), ring]);
    return { kind: 'alarm', service, key, ring, dueAt: this.#dueAt.get(name) ?? Number.NaN };
  }

  drops = (service: string, key: string): Dropping => ({ dropped: named(service, key) });

  /** Applies a commit, and returns it as history. */
  take(saved: Saved): Noted[] {
    const history: Noted[] = [];
    const unparked: [group: string, seq: number][] = [];
    let last: Write | undefined;
    for (const each of saved) {
      if (!('table' in each)) {
        if ('dropped' in each) this.#dropping.add(each.dropped);
        else history.push(each);
        continue;
      }
      const { table, before, after } = each;
      const row = (after ?? before) as Row;
      if (table === 'event_log') history.push(...this.#published(row, last));
      else if (table === 'cursors') history.push(...this.#read(row));
      else if (table === 'timers') history.push(...this.#alarm(before, after));
      else if (table === 'dead_letters') history.push(this.#died(row));
      else if (table === 'parked') {
        const [group, seq] = [String(row['consumer']), Number(row['seq'])];
        if (after) this.#parked.add(named(group, seq));
        else if (this.#parked.delete(named(group, seq))) unparked.push([group, seq]);
      } else {
        const noted = this.#changed(each);
        history.push(noted);
        last = noted.happening.kind === 'write' ? noted.happening : undefined;
      }
    }
    // Later changes tell whether a letter was parked again or became a dead letter.
    for (const [group, seq] of unparked) {
      if (!this.#parked.has(named(group, seq))) history.push(...this.#handled(group, seq));
      this.#wasParked.add(named(group, seq));
    }
    for (const noted of history) {
      if (noted.happening.kind === 'write')
        noted.story ??= noted.happening.events[0]?.correlationid;
    }
    return history;
  }

  #changed({ table, ...change }: RowChange): Noted {
    const before = parsed<Stored>(change.before);
    const after = parsed<Stored>(change.after);
    const records = this.records.get(table) ?? new Map<string, Stored>();
    this.records.set(table, records);
    if (after === undefined) {
      const gone = before as Stored;
      records.delete(gone.id);
      return { story: undefined, happening: { kind: 'forget', table, before: gone } };
    }
    records.set(after.id, after);
    const name = named(table, JSON.stringify(after));
    const story = this.#stories.get(name);
    this.#stories.delete(name);
    return { story, happening: { kind: 'write', table, before, after, events: [] } };
  }

  /** An event belongs to the record written just before it, or to none. */
  #published(row: Row, last: Write | undefined): Noted[] {
    const event = parsed<AnyEvent>(row) as AnyEvent;
    const seq = Number(row['seq']);
    this.events.push(event);
    this.#saved.add(event.id);
    this.#bySeq.set(seq, event);
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const isOfLast = last?.after.id === event.subject && last.table.startsWith(`${event.source}_`);
    if (!isOfLast) return [{ story: event.correlationid, happening: { kind: 'publish', event } }];
    (last.events as AnyEvent[]).push(event);
    return [];
  }

  /** Events up to the new cursor are handled, except for parked ones. */
  #read(row: Row): Noted[] {
    const [group, seq] = [String(row['consumer']), Number(row['seq'])];
    const from = this.#cursors.get(group) ?? 0;
    this.#cursors.set(group, seq);
    const handled: Noted[] = [];
    for (let at = from + 1; at <= seq; at++) {
      const name = named(group, at);
      if (this.#parked.has(name) || this.#wasParked.has(name)) continue;
      handled.push(...this.#handled(group, at));
    }
    return handled;
  }

  #handled(group: string, seq: number): Noted[] {
    const event = this.#bySeq.get(seq);
    const isDead = this.deadLetters.some((dead) => dead.group === group && dead.event === event);
    if (!event || isDead || !this.groups.get(group)?.has(event.type)) return [];
    const attempt = this.#attempts.get(named(group, event.id)) ?? 0;
    const story = event.correlationid;
    return [{ story, happening: { kind: 'handled', event, group, attempt } }];
  }

  #died(row: Row): Noted {
    const group = String(row['consumer']);
    const event = this.#bySeq.get(Number(row['seq'])) as AnyEvent;
    const reason = String(row['reason']);
    this.deadLetters.push({ group, event, reason, diedAt: String(row['died_at']) });
    const attempt = this.#attempts.get(named(group, event.id)) ?? 0;
    return {
      story: event.correlationid,
      happening: { kind: 'dead', event, group, attempt, reason },
    };
  }

  #alarm(before: Row | undefined, after: Row | undefined): Noted[] {
    const { service, key } = (after ?? before) as Row;
    const name = named(service, key);
    if (after) {
      this.#alarms.set(name, Number(after['at']));
      if (!before) this.#dueAt.set(name, Number(after['at']));
      return [];
    }
    this.#alarms.delete(name);
    const of = { service: String(service), key: String(key) };
    const rings = this.#ringing.get(name) ?? [];
    if (this.#dropping.delete(name)) return [];
    // An alarm removed without firing counts as fired to nobody, so that its loss shows.
    const unfired = rings.length === 0 ? [this.rings(of.service, of.key)] : [];
    const rung = (this.#ringing.get(name) ?? []).map(
      (ring) => ({ kind: 'rung', ...of, ring }) as const,
    );
    this.#ringing.delete(name);
    return [...unfired, ...rung].map((happening) => ({ story: undefined, happening }));
  }
}
