import { DiscardPolicy, StoreCompression, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { keptMs } from './delivery.ts';

export interface Retention {
  eventsKeptDays: number;
  /** Of each stream. The server sets so much aside, and counts as if nothing were compressed. */
  eventsMaxBytes: number;
}

/**
 * How much a stream keeps. When it is full the oldest events go, also those that a group has not handled: refusing new
 * ones would stop all sales as soon as the events of `eventsKeptDays` are more than fit.
 */
export const retentionOf = ({ eventsKeptDays, eventsMaxBytes }: Retention) =>
  ({
    max_age: nanos(keptMs(eventsKeptDays)),
    max_bytes: eventsMaxBytes,
    discard: DiscardPolicy.Old,
    compression: StoreCompression.S2,
  }) satisfies Partial<StreamConfig>;
