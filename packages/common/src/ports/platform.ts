import type { Bus } from './bus.ts';
import type { Clock } from './clock.ts';
import type { PaymentGateway } from './payment-gateway.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Stored, Table, TableDefinition } from './table.ts';
import type { Timers } from './timers.ts';

/** What one service gets from its platform. */
export interface Platform {
  clock: Clock;
  /** A new id: 32 hexadecimal digits, sorted by the millisecond they were made in. */
  newId(): string;
  table<R extends Stored>(service: string, definition: TableDefinition<R>): Table<R>;
  bus: Bus;
  timers(service: string): Timers;
  /** The one that was passed in. @throws where none was, since only a service that takes money needs it. */
  gateway: PaymentGateway;
  rateLimiter(name: string, limit: { count: number; perSeconds: number }): RateLimiter;
  /** Begins deliveries and alarms; call it once all consumers are declared. */
  start(): Promise<void>;
  /** Ends what is in flight and releases everything. */
  close(): Promise<void>;
}

/** Makes a gateway of what it needs: the time, and a table for what it must remember. */
export type OpenGateway = (platform: Pick<Platform, 'clock' | 'table'>) => PaymentGateway;
