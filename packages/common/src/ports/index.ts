/** The ports: the interfaces of the platform that a service runs on. Every platform passes the same contract suites. */
export type { Backup, Bus, DeadLetter, Delivery, Handlers, PublishedState } from './bus.ts';
export type { Clock } from './clock.ts';
export type { EventLog, LoggedEvent } from './event-log.ts';
export type { GatewayPayment, ListedPayment, PaymentGateway } from './payment-gateway.ts';
export type { Backfill, OpenGateway, Platform } from './platform.ts';
export type { RateLimiter } from './rate-limiter.ts';
export type { Entry, Registry } from './registry.ts';
export type { Page, Query, Stored, Table, TableDefinition } from './table.ts';
export type { Timers } from './timers.ts';
