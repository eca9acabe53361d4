/** What services do when they hear an event, as their platform sees it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent, EventType } from '@fairseat/common/events';
import type {
  Handlers,
  Platform,
  Stored,
  Table,
  TableDefinition,
  Timers,
} from '@fairseat/common/ports';

/** Something that a service did in its handler of one type of event. */
export interface Reaction {
  service: string;
  type: EventType;
  did: string;
}

/** Notes what is saved, published, set and dropped while an event is handled. */
export function noting(platform: Platform, note: (reaction: Reaction) => void): Platform {
  const handlings = new AsyncLocalStorage<Omit<Reaction, 'did'>>();
  const did = (what: string) => {
    const handling = handlings.getStore();
    if (handling) note({ ...handling, did: what });
  };
  const saved = (table: string, events: readonly AnyEvent[] = []) => {
    did(`saves ${table}`);
    for (const { type } of events) did(`publishes ${type}`);
  };
  return {
    ...platform,
    bus: changed(platform.bus, {
      consume: (group, handlers) => platform.bus.consume(group, within(group, handlers, handlings)),
    }),
    table<R extends Stored>(service: string, definition: TableDefinition<R>) {
      const table = platform.table(service, definition);
      const { name } = definition;
      return changed<Table<R>>(table, {
        async insert(record, events) {
          await table.insert(record, events);
          saved(name, events);
        },
        async replace(current, next, events) {
          await table.replace(current, next, events);
          saved(name, events);
        },
        async keepNewest(record) {
          await table.keepNewest(record);
          did(`keeps a copy in ${name}`);
        },
      });
    },
    timers(service) {
      const timers = platform.timers(service);
      return changed<Timers>(timers, {
        async set(key, at) {
          await timers.set(key, at);
          did('sets an alarm');
        },
        async drop(key) {
          await timers.drop(key);
          did('drops the alarm');
        },
      });
    },
  };
}

function within(
  service: string,
  handlers: Handlers,
  handlings: AsyncLocalStorage<Omit<Reaction, 'did'>>,
): Handlers {
  const wrapped = Object.entries(handlers).map(([type, handle]) => [
    type,
    (...args: unknown[]) =>
      handlings.run({ service, type: type as EventType }, () =>
        (handle as (...args: unknown[]) => Promise<void>)(...args),
      ),
  ]);
  return Object.fromEntries(wrapped) as Handlers;
}

/** The same object with some methods replaced; the others keep their `this`. */
const changed = <T extends object>(object: T, methods: Partial<T>): T =>
  new Proxy(object, {
    get(target, name) {
      const value = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
