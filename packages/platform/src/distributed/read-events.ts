/** Reads the streams of a deployment, with NATS alone. */
import { type AnyEvent, isEventType, parseEvent } from '@fairseat/common/events';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { systemClock } from '../clock.ts';
import { EngineError } from './engine.ts';
import { Nats } from './nats.ts';
import { isNoStream } from './streams.ts';
import { fromWire } from './wire.ts';

interface ReadOptions {
  natsUrl: string;
  natsCredentialsFile?: string;
  tlsCaFile?: string;
  namespace?: string;
}

interface Read {
  event: AnyEvent;
  /** When the server stored it, in nanoseconds. */
  at: bigint;
}

/**
 * The events whose JSON has one of these texts, in the order in which the server stored them. What a newer release publishes
 * and this one does not know is left out. @throws EngineError when the server is away or refuses us.
 */
export async function readEvents(
  { natsUrl: url, natsCredentialsFile, tlsCaFile, namespace }: ReadOptions,
  texts: readonly string[],
): Promise<AnyEvent[]> {
  const nats = new Nats({
    ...{ url, namespace, clock: systemClock, name: 'events' },
    // Nobody waits here for a server that is away.
    ...{ onWaiting: () => {}, isOver: () => true },
    ...{ caFile: tlsCaFile, credentialsFile: natsCredentialsFile },
    ...{ replicas: 1, retention: undefined, compressEvents: false },
  });
  try {
    const { streams, admin } = await nats.open();
    const all = nats.streams.map(({ name }) => readStream(streams, admin, name, texts));
    const read = (await Promise.all(all)).flat();
    return read.sort((a, b) => Number(a.at - b.at)).map(({ event }) => event);
  } catch (error) {
    throw error instanceof EngineError
      ? error
      : new EngineError(nats.explain(error).line, { cause: error });
  } finally {
    await nats.close();
  }
}

async function readStream(
  streams: JetStreamClient,
  admin: JetStreamManager,
  name: string,
  texts: readonly string[],
): Promise<Read[]> {
  const stream = await admin.streams.info(name).catch((error) => {
    if (isNoStream(error)) return undefined;
    throw error;
  });
  const read: Read[] = [];
  if (!stream || stream.state.messages === 0) return read;
  const consumer = await streams.consumers.get(name);
  for await (const { data, seq, timestampNanos: at, info } of await consumer.consume()) {
    const text = fromWire(data);
    if (texts.some((each) => text.includes(each))) {
      const event = JSON.parse(text);
      if (isEventType(event.type)) read.push({ event: parseEvent(event), at });
    }
    // What comes meanwhile is not waited for.
    if (seq >= stream.state.last_seq || info.pending === 0) break;
  }
  await consumer.delete();
  return read;
}
