import type { EventType } from '@fairseat/common/events';
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { keptMs } from '../delivery.ts';
import type { Nats } from './nats.ts';
import { isNoConsumer, isNoStream, isThere, NoStream, type Stream } from './streams.ts';

const MAX_ACK_PENDING = 10_000;

/** The durable consumers of one group at one stream: one for each event type, so that no two hear the same event. */
export class Durables {
  readonly #nats: Nats;
  readonly stream: Stream;
  readonly group: string;

  constructor(nats: Nats, stream: Stream, group: string) {
    this.#nats = nats;
    this.stream = stream;
    this.group = group;
  }

  nameOf = (type: EventType) => `${this.group}-${type.replaceAll('.', '-')}`;

  of = (type: EventType) => this.#info(this.nameOf(type));

  /** The one that release 0.1.0 had for all types of the stream. */
  shared = () => this.#info(this.group);

  /** The types that it brings. */
  typesOf({ config }: ConsumerInfo): EventType[] {
    const filters = config.filter_subjects ?? [config.filter_subject];
    return this.stream.types.filter((type) => filters.includes(this.#nats.subject(type)));
  }

  async lastSeq(): Promise<number> {
    const { admin } = await this.#nats.open();
    return (await admin.streams.info(this.stream.name)).state.last_seq;
  }

  /**
   * Makes the durable of a type if it is missing, from the first event kept or from `firstSeq` on, and raises what
   * this version sets higher than the one that made it: the settings of two versions are never lowered, since an
   * event that an old replica is still handling would go to another. Answers the number that it begins with.
   */
  async declare(type: EventType, ackWaitMs: number, firstSeq?: number): Promise<number> {
    const { admin } = await this.#nats.open();
    const name = this.nameOf(type);
    const settings = {
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: MAX_ACK_PENDING,
      // Nobody has pulled for so long: whatever it still had to bring is gone from the stream.
      inactive_threshold: nanos(keptMs()),
    };
    const kept = await this.#info(name);
    if (kept) {
      const raised = raisedFrom(kept.config, settings);
      if (raised) await admin.consumers.update(this.stream.name, name, raised);
      return kept.config.opt_start_seq ?? 0;
    }
    try {
      await admin.consumers.add(this.stream.name, {
        durable_name: name,
        filter_subject: this.#nats.subject(type),
        ...(firstSeq === undefined
          ? { deliver_policy: DeliverPolicy.All }
          : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: firstSeq }),
        ack_policy: AckPolicy.Explicit,
        // JetStream would drop what was tried too often; the dead letters keep it.
        max_deliver: -1,
        ...settings,
      });
      return firstSeq ?? 0;
    } catch (error) {
      if (isThere(error)) return this.declare(type, ackWaitMs, firstSeq);
      throw error;
    }
  }

  /** @throws NoStream */
  async #info(durable: string): Promise<ConsumerInfo | undefined> {
    const { admin } = await this.#nats.open();
    try {
      return await admin.consumers.info(this.stream.name, durable);
    } catch (error) {
      if (isNoConsumer(error)) return undefined;
      throw isNoStream(error) ? new NoStream(this.stream) : error;
    }
  }
}

function raisedFrom(kept: ConsumerConfig, wanted: Record<string, number>) {
  const values = kept as unknown as Record<string, number | undefined>;
  const raised = Object.entries(wanted).filter(([key, value]) => value > (values[key] ?? 0));
  return raised.length > 0 && Object.fromEntries(raised);
}
