import { type EventType, publisherOf } from '@fairseat/common/events';
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { keptMs } from '../delivery.ts';
import { type Retention, retentionOf } from '../retention.ts';

/** The stream that stores the events of one service. */
export interface Stream {
  service: string;
  name: string;
  types: EventType[];
  subjects: string[];
}

/** A stream that its service has not made yet. */
export class NoStream extends Error {
  override name = 'NoStream';
  readonly stream: Stream;

  constructor(stream: Stream) {
    super(`no stream ${stream.name}`);
    this.stream = stream;
  }
}

/** For so long the server recognises an event that is published again. */
const DUPLICATES_KNOWN_MS = 2 * 60 * 1000;
/** To be raised with every change of the settings below: older versions leave those of a higher one alone. */
const SETTINGS_VERSION = 1;
const SETTINGS = 'fairseat.settings';
const CONSUMER_EXISTS = 10_148;

/** One a service, from the catalogue of events. */
export function streamsOf(types: EventType[], namespace: string | undefined): Stream[] {
  const services = [...new Set(types.map(publisherOf))];
  return services.map((service) => {
    const own = types.filter((type) => publisherOf(type) === service);
    const nouns = [...new Set(own.map((type) => type.split('.')[0]))];
    return {
      service,
      name: inNamespace(namespace, '_', service),
      types: own,
      subjects: nouns.map((noun) => inNamespace(namespace, '.', `${noun}.>`)),
    };
  });
}

/**
 * Makes a stream that is missing, and updates one that differs. Subjects are only ever added: another version of the
 * service, which runs beside this one, may have declared those that this one does not know.
 */
export async function declareStream(
  admin: JetStreamManager,
  { name, subjects }: Stream,
  { replicas, retention }: { replicas: number; retention: Retention | undefined },
): Promise<StreamInfo> {
  const settings = {
    num_replicas: replicas,
    ...(retention ? retentionOf(retention) : { max_age: nanos(keptMs()) }),
    duplicate_window: nanos(DUPLICATES_KNOWN_MS),
  };
  const version = { [SETTINGS]: String(SETTINGS_VERSION) };
  try {
    const info = await admin.streams.info(name);
    const { config } = info;
    const isNewer = Number(config.metadata?.[SETTINGS] ?? 0) > SETTINGS_VERSION;
    const wanted = {
      subjects: [...new Set([...config.subjects, ...subjects])],
      ...(!isNewer && { ...settings, metadata: { ...config.metadata, ...version } }),
    };
    const kept = config as unknown as Record<string, unknown>;
    const isSame = Object.entries(wanted).every(
      ([key, value]) => JSON.stringify(kept[key]) === JSON.stringify(value),
    );
    return isSame ? info : await admin.streams.update(name, wanted);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return admin.streams.add({
      name,
      subjects,
      storage: StorageType.File,
      ...settings,
      metadata: version,
    });
  }
}

/** Whether a stream or a consumer is not there (any more). */
export const isMissing = (error: unknown) => isNoStream(error) || isNoConsumer(error);

export const isNoStream = (error: unknown) => hasCode(error, JetStreamApiCodes.StreamNotFound);
export const isNoConsumer = (error: unknown) => hasCode(error, JetStreamApiCodes.ConsumerNotFound);

/** Whether a consumer of that name is there already, in another form. */
export const isThere = (error: unknown) => hasCode(error, CONSUMER_EXISTS);

const hasCode = (error: unknown, code: number) =>
  error instanceof JetStreamApiError && error.code === code;

export const inNamespace = (namespace: string | undefined, separator: string, name: string) =>
  namespace === undefined ? name : namespace + separator + name;
