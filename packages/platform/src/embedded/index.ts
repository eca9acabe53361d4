/** The embedded platform: everything in one process and one data folder, with nothing but Node. */
import type { Clock, OpenGateway, Platform, Stored, TableDefinition } from '@fairseat/common/ports';
import { systemClock } from '../clock.ts';
import { type DeliveryTiming, EVENTS_KEPT_MS, timingOf } from '../delivery.ts';
import { openWhenAsked } from '../gateway.ts';
import { createNewId } from '../ids.ts';
import { createRateLimiter, unlimited } from '../rate-limiter.ts';
import { EmbeddedBus } from './bus.ts';
import { openFolder, StoreError, type StoreFile } from './file.ts';
import { Store } from './store.ts';
import { EmbeddedTable } from './table.ts';
import { tidyUp } from './tidy.ts';
import { defineTimers, EmbeddedTimers } from './timers.ts';

export { StoreError };

/** The times of delivery are shorter in tests. */
export interface EmbeddedOptions extends Partial<DeliveryTiming> {
  /** Made when it does not exist. One process at a time. */
  dataDir: string;
  /** Needed where a service takes money. */
  openGateway?: OpenGateway | undefined;
  clock?: Clock;
  newId?: () => string;
  /** Takes the place of the folder, and of the event loop: see `Store`. */
  open?: (dataDir: string) => StoreFile;
  nextTurn?: () => Promise<void>;
  /** Of each table; see `EmbeddedTable`. */
  cachedRecords?: number;
  rateLimits?: boolean;
  /** How long events are kept that are handled, and dead letters. */
  eventsKeptDays?: number | undefined;
  /** Told what went wrong where nobody waits for an answer. */
  onError?: (message: string, error: unknown) => void;
}

export interface EmbeddedPlatform extends Platform {
  /** Resolves once all events are handled and no alarm is due. */
  settled(): Promise<void>;
  /** For tests: ends as a killed process would. */
  crash(): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws StoreError when the folder cannot be used, with the reason and what to do. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedPlatform {
  const { dataDir, clock = systemClock, rateLimits = true, onError = () => {} } = options;
  const { newId = createNewId(clock), open = openFolder, eventsKeptDays } = options;
  const eventsKeptMs = eventsKeptDays === undefined ? EVENTS_KEPT_MS : eventsKeptDays * DAY_MS;
  const store = new Store(open(dataDir), options.nextTurn);
  defineTimers(store);
  const tables = new Map<string, EmbeddedTable<never>>();
  const timers: EmbeddedTimers[] = [];
  const bus = new EmbeddedBus(store, clock, {
    ...timingOf(options),
    onWatcherError: (error) => onError('a watcher of events failed', error),
    onDeadLetter: (group, reason, body) => onError(`dead letter for ${group}: ${body}`, reason),
  });
  // One for each name, so that there is one cache of its records.
  const openTable = <R extends Stored>(service: string, definition: TableDefinition<R>) => {
    const name = `${service}_${definition.name}`;
    const table =
      tables.get(name) ?? new EmbeddedTable(store, name, definition, options.cachedRecords);
    tables.set(name, table as EmbeddedTable<never>);
    return table as EmbeddedTable<R>;
  };
  const gateway = openWhenAsked(options.openGateway, { clock, table: openTable });

  let stopTidying = () => {};

  return {
    clock,
    newId,
    table: openTable,
    bus,
    get gateway() {
      return gateway();
    },
    rateLimiter: (_name, limit) => (rateLimits ? createRateLimiter(limit) : unlimited),
    timers(service) {
      const own = new EmbeddedTimers(store, clock, service, (error) =>
        onError(`an alarm of ${service} failed, it will ring again`, error),
      );
      timers.push(own);
      return own;
    },
    async start() {
      bus.start();
      for (const each of timers) each.start();
      stopTidying = tidyUp({ store, bus, tables, clock, eventsKeptMs, onError });
    },
    async settled() {
      do {
        await Promise.all(timers.map((each) => each.settled()));
        await bus.settled();
      } while (timers.some((each) => !each.idle));
    },
    async close() {
      stopTidying();
      await Promise.all([bus.stop(), ...timers.map((each) => each.stop())]);
      await store.close();
    },
    crash() {
      stopTidying();
      store.crash();
      void bus.stop();
      for (const each of timers) void each.stop();
    },
  };
}
