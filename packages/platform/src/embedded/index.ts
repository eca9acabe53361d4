/** The embedded platform: all services in one process and one data folder, with nothing but Node. */
import type { Clock, OpenGateway, Platform, Stored, TableDefinition } from '@fairseat/common/ports';
import { systemClock } from '../clock.ts';
import { type DeliveryTiming, keptMs, timingOf } from '../delivery.ts';
import { openWhenAsked } from '../gateway.ts';
import { createNewId } from '../ids.ts';
import { createRateLimiter, unlimited } from '../rate-limiter.ts';
import { EmbeddedBus } from './bus.ts';
import { openFolder, StoreError, type StoreFile } from './file.ts';
import { LogReader } from './log-reader.ts';
import { RegistryFile } from './registry.ts';
import { Store } from './store.ts';
import { EmbeddedTable } from './table.ts';
import { tidyUp } from './tidy.ts';
import { defineTimers, EmbeddedTimers } from './timers.ts';

export { readEvents } from './read-events.ts';
export { readStatus } from './status.ts';
export { RegistryFile, StoreError };

/** Tests set shorter times for delivery. */
export interface EmbeddedOptions extends Partial<DeliveryTiming> {
  /** Created when it does not exist. One process may use it at a time. */
  dataDir: string;
  /** Required when a service takes money. */
  openGateway?: OpenGateway | undefined;
  clock?: Clock;
  newId?: () => string;
  /** These two replace the folder and the event loop, see `Store`. */
  open?: (dataDir: string) => StoreFile;
  nextTurn?: () => Promise<void>;
  /** The size of each table's cache, see `EmbeddedTable`. */
  cachedRecords?: number;
  rateLimits?: boolean;
  /** How long events are kept that are handled, and dead letters. */
  eventsKeptDays?: number | undefined;
  /** Receives errors in background work. */
  onError?: (message: string, error: unknown) => void;
  /** Receives a line for each table that a version has left half filled, see `Backfill`. */
  onHalfFilled?: (line: string) => void;
}

export interface EmbeddedPlatform extends Platform {
  /** Resolves once all events are handled and no alarm is due. */
  settled(): Promise<void>;
  /** For tests: ends as a killed process would. */
  crash(): void;
}

/** @throws StoreError when the folder cannot be used, with the reason and what to do. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedPlatform {
  const { dataDir, clock = systemClock, rateLimits = true, onError = () => {} } = options;
  const { newId = createNewId(clock), open = openFolder, eventsKeptDays } = options;
  const { onHalfFilled = () => {} } = options;
  const eventsKeptMs = keptMs(eventsKeptDays);
  const store = new Store(open(dataDir), options.nextTurn);
  defineTimers(store);
  const tables = new Map<string, EmbeddedTable<never>>();
  const timers: EmbeddedTimers[] = [];
  const bus = new EmbeddedBus(store, clock, {
    ...timingOf(options),
    onWatcherError: (error) => onError('a watcher of events failed', error),
    onNotSaid: (error) => onError('not everything was said again, it will be', error),
    onDeadLetter: (group, reason, body) => onError(`dead letter for ${group}: ${body}`, reason),
  });
  const log = new LogReader(store);
  const registry = new RegistryFile(dataDir, clock);
  // One object for each name, so that there is one cache of its records.
  const openTable = <R extends Stored>(service: string, definition: TableDefinition<R>) => {
    const name = `${service}_${definition.name}`;
    const table =
      tables.get(name) ??
      new EmbeddedTable(store, name, definition, {
        clock,
        cachedRecords: options.cachedRecords,
        onError: (error) => onError(`${name} could not be filled, will try again`, error),
      });
    tables.set(name, table as EmbeddedTable<never>);
    return table as EmbeddedTable<R>;
  };
  const gateway = openWhenAsked(options.openGateway, { clock, table: openTable });

  let stopTidying = () => {};

  return {
    clock,
    newId,
    table: openTable,
    backfills: () => [...tables.values()].flatMap(({ backfill }) => backfill.progress ?? []),
    bus,
    eventLog: () => log,
    registry: (name) => registry.registry(name),
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
      for (const { backfill } of tables.values()) {
        if (backfill.halfFilled) onHalfFilled(backfill.halfFilled);
        void backfill.run();
      }
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
      await Promise.all([
        bus.stop(),
        ...timers.map((each) => each.stop()),
        ...[...tables.values()].map(({ backfill }) => backfill.stop()),
      ]);
      registry.close();
      await store.close();
    },
    crash() {
      stopTidying();
      registry.close();
      for (const { backfill } of tables.values()) backfill.crash();
      store.crash();
      void bus.stop();
      for (const each of timers) void each.stop();
    },
  };
}
