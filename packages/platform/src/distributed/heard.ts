/** How far a group has come with the events of others, and how it receives again what a restored database has lost. */
import { type ConsumerInfo, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { Nats } from './nats.ts';
import { isMissing, isThere } from './streams.ts';

/** All events of a durable up to this number were handled. */
export interface Heard {
  stream: string;
  streamCreated: string;
  durable: string;
  seq: number;
}

/** Note it in the group's database after this: what was acknowledged is in there before. */
export async function heardBy(nats: Nats, group: string): Promise<Heard[]> {
  const { admin } = await nats.open();
  const heard: Heard[] = [];
  for await (const { stream, streamCreated, consumer } of consumersOf(nats, admin, group)) {
    const seq = consumer.ack_floor.stream_seq;
    heard.push({ stream, streamCreated, durable: consumer.name, seq });
  }
  return heard;
}

/**
 * Has a group receive again what follows these numbers, and whatever is not in them from the first event that is kept.
 * Its processes may run meanwhile.
 */
export async function receiveAgain(nats: Nats, group: string, heard: Heard[] = []) {
  const { admin } = await nats.open();
  for await (const each of consumersOf(nats, admin, group)) {
    const { stream, streamCreated, first, last, consumer } = each;
    const { name, config } = consumer;
    const isIts = (known: Heard) =>
      known.stream === stream && known.streamCreated === streamCreated && known.durable === name;
    const seq = heard.find(isIts)?.seq;
    await admin.consumers.delete(stream, name).catch(unless(isMissing));
    // What is no longer kept must be said again by its publisher, who looks for durables that begin with the first.
    const isKept = seq !== undefined && seq + 1 >= first && seq <= last;
    if (!isKept) continue;
    const { deliver_policy: _, opt_start_seq: __, ...settings } = config;
    const behind = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: seq + 1 };
    await admin.consumers.add(stream, { ...settings, ...behind }).catch(unless(isThere));
  }
}

async function* consumersOf(nats: Nats, admin: JetStreamManager, group: string) {
  for (const { name: stream } of nats.streams) {
    const info = await admin.streams.info(stream).catch(unless(isMissing));
    if (!info) continue;
    const { first_seq: first, last_seq: last } = info.state;
    const consumers: ConsumerInfo[] = [];
    for await (const consumer of admin.consumers.list(stream)) consumers.push(consumer);
    for (const consumer of consumers) {
      const durable = consumer.config.durable_name;
      if (durable !== group && !durable?.startsWith(`${group}-`)) continue;
      yield { stream, streamCreated: info.created, first, last, consumer };
    }
  }
}

const unless = (isExpected: (error: unknown) => boolean) => (error: unknown) => {
  if (!isExpected(error)) throw error;
};
