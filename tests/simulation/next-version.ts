/** What the next release of any service could be: one event, one field, one index, one key and one value more. */
import { type AnyEvent, type EventType, parseEvent } from '@fairseat/common/events';
import type { Service } from '@fairseat/common/kit';
import type { Handlers, Platform, Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { changed } from '@fairseat/test-support/interleaving';
import { must } from './checkers/violation.ts';

/** By service: the event that only its next version handles. */
export const MORE: Record<string, EventType> = {
  auth: 'order.completed',
  tickets: 'charge.completed',
  orders: 'order.cancelled',
  payments: 'ticket.sold',
  expiration: 'charge.completed',
};

/** A reason for which no release of today cancels an order. */
const NEXT_REASON = 'changed_mind';

/** Has a field more, which is that of `createdAt`, an index of it, and a key more. */
type Next<R> = R & { madeAt?: string };

const LOOK_MS = 1000;
const PAGE = 100;

type Handle = (event: AnyEvent, delivery: { attempt: number }) => Promise<void>;

/** A platform whose handlers get events as this release reads them, as those of real platforms do. */
export const reading = (platform: Platform): Platform => ({
  ...platform,
  bus: changed(platform.bus, {
    consume(group, handlers) {
      const entries = Object.entries(handlers as Record<string, Handle>).map(([type, handle]) => [
        type,
        (event: AnyEvent, delivery: { attempt: number }) => handle(parseEvent(event), delivery),
      ]);
      platform.bus.consume(group, Object.fromEntries(entries) as Handlers);
    },
  }),
});

/** The tables whose records are of the next version. */
const CHANGED = ['tickets', 'orders', 'payments'];

/** What a replica of the next version runs: the service, on a platform that has its definitions. */
export function nextVersion(service: Service, platform: Platform) {
  const tables: Table<Next<Stored>>[] = [];
  const next: Platform = {
    ...platform,
    table<R extends Stored>(owner: string, definition: TableDefinition<R>): Table<R> {
      if (!CHANGED.includes(definition.name)) return platform.table(owner, definition);
      const table = platform.table(owner, nextOf(definition));
      tables.push(table as unknown as Table<Next<Stored>>);
      return { ...methodsOf(table), ...writing(table) } as unknown as Table<R>;
    },
  };
  return { platform: next, service: hearingMore(service, tables) };
}

const nextOf = <R extends Stored>(definition: TableDefinition<R>): TableDefinition<Next<R>> => ({
  ...(definition as unknown as TableDefinition<Next<R>>),
  version: 2,
  upcast: (record) => ({ madeAt: record.createdAt, ...(record as R) }),
  required: [...(definition.required ?? []), 'madeAt' as keyof R & string],
  indexes: { ...definition.indexes, made: (record: Next<R>) => record.madeAt ?? null },
  unique: { ...definition.unique, itself: (record: Next<R>) => record.id },
});

const methodsOf = <R extends Stored>(table: Table<R>): Omit<Table<R>, 'insert' | 'replace'> => ({
  get: (id) => table.get(id),
  getByKey: (key, value) => table.getByKey(key, value),
  find: (query) => table.find(query),
  walk: (behind, limit) => table.walk(behind, limit),
  due: (index, upTo, limit) => table.due(index, upTo, limit),
  keepNewest: (record) => table.keepNewest(record),
});

const made = <R extends Stored>(record: R): Next<R> => ({ madeAt: record.createdAt, ...record });

const writing = <R extends Stored>(table: Table<Next<R>>) => ({
  insert: (record: R, events: AnyEvent[] = []) => table.insert(made(record), events.map(ofNext)),
  replace: (current: Next<R>, next: R, events: AnyEvent[] = []) =>
    table.replace(current, made(next), events.map(ofNext)),
});

function ofNext(event: AnyEvent): AnyEvent {
  if (event.type !== 'order.cancelled' || event.data.reason !== 'buyer') return event;
  return { ...event, data: { ...event.data, reason: NEXT_REASON } } as unknown as AnyEvent;
}

/** The event as this release could have published it. */
export function ofToday(event: AnyEvent): AnyEvent {
  const data = event.data as { reason?: string };
  if (event.type !== 'order.cancelled' || data.reason !== NEXT_REASON) return event;
  return { ...event, data: { ...event.data, reason: 'buyer' } } as AnyEvent;
}

/** Handles one event more, and looks whether queries by what is new are complete. */
function hearingMore(service: Service, tables: Table<Next<Stored>>[]): Service {
  return {
    ...service,
    build(context) {
      const parts = service.build(context);
      const heard = context.table({ name: 'heard' });
      const type = MORE[service.name] as EventType;
      const more = {
        [type]: ({ id, time }: AnyEvent) => heard.keepNewest({ id, version: 1, createdAt: time }),
      };
      let turn = 0;
      const look = {
        name: 'look whether queries are complete',
        intervalMs: LOOK_MS,
        run: async () => {
          turn += 1;
          for (const table of tables) await lookInto(table, turn);
        },
      };
      return {
        ...parts,
        handlers: { ...more, ...parts.handlers } as NonNullable<typeof parts.handlers>,
        tasks: [...(parts.tasks ?? []), look],
      };
    },
  };
}

/** @throws Violation when a record that is there lacks the field, or is not found by the index or the key that is new. */
async function lookInto(table: Table<Next<Stored>>, turn: number) {
  const there = await table.walk('', PAGE);
  const first = there[turn % there.length];
  if (first === undefined) return;
  must('a record is read as it is now', first.madeAt === first.createdAt, () => first.id);
  const { records } = await table.find({ where: { made: first.createdAt }, limit: PAGE });
  const byKey = await table.getByKey('itself', first.id);
  const isFound = records.some(({ id }) => id === first.id) && byKey !== undefined;
  must('a query misses nothing', isFound, () => `${first.id} is there, and not found`);
}
