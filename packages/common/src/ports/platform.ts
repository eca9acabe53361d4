import type { Bus } from './bus.ts';
import type { Clock } from './clock.ts';
import type { EventLog } from './event-log.ts';
import type { PaymentGateway } from './payment-gateway.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Registry } from './registry.ts';
import type { Stored, Table, TableDefinition } from './table.ts';
import type { Timers } from './timers.ts';

/** How far a table has come with filling what its definition has new. */
export interface Backfill {
  table: string;
  done: number;
  /** How many records there were when it began. */
  about: number;
}

/** Everything that services get from the platform they run on. */
export interface Platform {
  clock: Clock;
  /** Returns a new id: 32 hexadecimal digits. Ids sort by the millisecond they were made in. */
  newId(): string;
  table<R extends Stored>(service: string, definition: TableDefinition<R>): Table<R>;
  /** Those under way in this process. */
  backfills(): Backfill[];
  bus: Bus;
  /** What the bus has brought and still keeps. */
  eventLog(): EventLog;
  /** The documents under this name. Can be used before the platform is started. */
  registry(name: string): Registry;
  timers(service: string): Timers;
  /** The gateway passed to the platform. @throws Error when none was: only a service that takes money needs one. */
  gateway: PaymentGateway;
  rateLimiter(name: string, limit: { count: number; perSeconds: number }): RateLimiter;
  /** Starts deliveries and alarms. Call it once all consumers are declared. */
  start(): Promise<void>;
  /** Finishes the work in flight and releases all resources. */
  close(): Promise<void>;
}

/** Opens a gateway with all that it needs: the time, and tables for what it must remember. */
export type OpenGateway = (platform: Pick<Platform, 'clock' | 'table'>) => PaymentGateway;
