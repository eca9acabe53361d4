/** The embedded platform: everything in one process and one data folder, with nothing but Node. */
import type { Clock, Platform, Stored, TableDefinition, TestGateway } from '@fairseat/common/ports';
import { systemClock } from '../clock.ts';
import { createNewId } from '../ids.ts';
import { createRateLimiter, unlimited } from '../rate-limiter.ts';
import { createTestGateway, testPayments } from '../test-gateway.ts';
import { EmbeddedBus } from './bus.ts';
import { openFolder, StoreError, type StoreFile } from './file.ts';
import { Store } from './store.ts';
import { EmbeddedTable } from './table.ts';
import { defineTimers, EmbeddedTimers } from './timers.ts';

export { StoreError };

export interface EmbeddedOptions {
  /** Made when it does not exist. One process at a time. */
  dataDir: string;
  clock?: Clock;
  newId?: () => string;
  /** Takes the place of the folder, and of the event loop: see `Store`. */
  open?: (dataDir: string) => StoreFile;
  nextTurn?: () => Promise<void>;
  /** Of each table; see `EmbeddedTable`. */
  cachedRecords?: number;
  rateLimits?: boolean;
  /** Told what went wrong where nobody waits for an answer. */
  onError?: (message: string, error: unknown) => void;
  /** See `GroupOptions`; shorter in tests. */
  deferMs?: number;
  backoffMs?: number;
  maxFailures?: number;
}

export interface EmbeddedPlatform extends Platform {
  gateway: TestGateway;
  /** Resolves once all events are handled and no alarm is due. */
  settled(): Promise<void>;
  /** For tests: ends as a killed process would. */
  crash(): void;
}

const TIDY_INTERVAL_MS = 5000;
const EVENTS_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** @throws StoreError when the folder cannot be used, with the reason and what to do. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedPlatform {
  const { dataDir, clock = systemClock, rateLimits = true, onError = () => {} } = options;
  const { newId = createNewId(clock), open = openFolder } = options;
  const store = new Store(open(dataDir), options.nextTurn);
  defineTimers(store);
  const tables = new Map<string, EmbeddedTable<never>>();
  const timers: EmbeddedTimers[] = [];
  const bus = new EmbeddedBus(store, clock, {
    deferMs: options.deferMs ?? 100,
    backoffMs: options.backoffMs ?? 100,
    maxFailures: options.maxFailures ?? 8,
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

  let cancelTidy = () => {};
  const tidy = () => {
    const now = clock.now();
    store
      .write(() => {
        for (const table of tables.values()) table.forget(now);
        bus.trim(new Date(now - EVENTS_KEPT_MS).toISOString());
      })
      .catch((error) => onError('tidying failed, will try again', error));
    cancelTidy = clock.after(TIDY_INTERVAL_MS, tidy);
  };

  return {
    clock,
    newId,
    table: openTable,
    bus,
    gateway: createTestGateway(openTable('test_gateway', testPayments), clock),
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
      tidy();
    },
    async settled() {
      do {
        await Promise.all(timers.map((each) => each.settled()));
        await bus.settled();
      } while (timers.some((each) => !each.idle));
    },
    async close() {
      cancelTidy();
      await Promise.all([bus.stop(), ...timers.map((each) => each.stop())]);
      await store.close();
    },
    crash() {
      cancelTidy();
      store.crash();
      void bus.stop();
      for (const each of timers) void each.stop();
    },
  };
}
