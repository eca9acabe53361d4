import { readFileSync } from 'node:fs';
import { Unavailable, withoutPassword } from '@fairseat/common/errors';
import { type AnyEvent, type EventType, eventTypes } from '@fairseat/common/events';
import {
  type ConsumerInfo,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  type NatsConnection,
  PermissionViolationError,
  type Subscription,
} from '@nats-io/transport-node';
import type { Retention } from '../retention.ts';
import {
  EngineError,
  isAtLeast,
  reasonOf,
  type Trouble,
  untilReachable,
  type Waiting,
} from './engine.ts';
import { credentialsOf } from './nats-credentials.ts';
import { declareStream, inNamespace, NoStream, type Stream, streamsOf } from './streams.ts';
import { fromWire, headersOf, toWire } from './wire.ts';

const OLDEST = '2.12';
const ANSWER_WITHIN_MS = 2000;
const CONNECT_WITHIN_MS = 2000;
const RECONNECT_MS = 200;
/** A connection that died silently is noticed after three of these. */
const PING_MS = 1500;

interface Connected {
  connection: NatsConnection;
  streams: JetStreamClient;
  admin: JetStreamManager;
}

export interface NatsOptions extends Waiting {
  url: string;
  caFile: string | undefined;
  /** In place of user and password in the address, see `credentialsOf`. */
  credentialsFile: string | undefined;
  /** The name of this client on the server. */
  name: string;
  /** The prefix of the names of streams and subjects. */
  namespace: string | undefined;
  /** The number of servers that store each stream. */
  replicas: number;
  /** How much each stream keeps. */
  retention: Retention | undefined;
  compressEvents: boolean;
}

/** The connection to NATS, and the streams: one a service, each made by its own service alone. */
export class Nats {
  readonly #options: NatsOptions;
  readonly #servers: string[];
  /** True when an address requires TLS. */
  readonly #isSecure: boolean;
  readonly #credentials: Pick<ConnectionOptions, 'user' | 'pass' | 'authenticator'>;
  readonly streams: Stream[];
  readonly #owned = new Set<string>();
  #opening: Promise<Connected> | undefined;
  #declaring: Promise<StreamInfo[]> | undefined;
  readonly #onReconnect: (() => void)[] = [];

  /** @throws EngineError when the address is malformed or a file cannot be used. */
  constructor(options: NatsOptions) {
    this.#options = options;
    const urls = options.url.split(',').map(parseUrl);
    this.#servers = urls.map(({ protocol, host }) => `${protocol}//${host}`);
    this.#isSecure = urls.some(({ protocol }) => protocol === 'tls:');
    this.#credentials = credentialsOf(urls[0] as URL, options.credentialsFile);
    this.streams = streamsOf(eventTypes(), options.namespace);
  }

  /** Connects once. A lost connection is reconnected for ever. @throws EngineError */
  open(): Promise<Connected> {
    this.#opening ??= untilReachable(() => this.#connect(), this.explain, this.#options).catch(
      (error) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Calls back after each reconnect. */
  onReconnect(listener: () => void) {
    this.#onReconnect.push(listener);
  }

  async #tellOfReconnects(connection: NatsConnection) {
    for await (const { type } of connection.status()) {
      if (type !== 'reconnect') continue;
      // Requests on the old connection are no longer answered.
      this.#declaring = undefined;
      for (const listener of this.#onReconnect) listener();
    }
  }

  async #connect(): Promise<Connected> {
    const { caFile, name } = this.#options;
    const connection = await connect({
      servers: this.#servers,
      ...this.#credentials,
      name,
      ...(caFile && this.#isSecure && { tls: { ca: readFileSync(caFile, 'utf8') } }),
      timeout: CONNECT_WITHIN_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      ignoreAuthErrorAbort: true,
      pingInterval: PING_MS,
      maxPingOut: 2,
    });
    try {
      const { version = '0' } = connection.info ?? {};
      if (!isAtLeast(version, OLDEST)) {
        throw new EngineError(
          `NATS_URL: ${this.#servers} is nats-server ${version}. Expected ${OLDEST} or later.`,
        );
      }
      const options = { timeout: ANSWER_WITHIN_MS };
      const admin = await jetstreamManager(connection, { ...options, checkAPI: false });
      await this.#declareStreams(admin);
      void this.#tellOfReconnects(connection);
      return { connection, admin, streams: jetstream(connection, options) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** This process speaks for that service, and so makes its stream. Nobody else does. */
  own(service: string) {
    this.#owned.add(service);
  }

  /** Makes the streams of this process' services, and updates those that differ. Answers what there is. */
  async declareStreams(): Promise<StreamInfo[]> {
    const { admin } = await this.open();
    this.#declaring ??= this.#declareStreams(admin).finally(() => {
      this.#declaring = undefined;
    });
    return this.#declaring;
  }

  #declareStreams(admin: JetStreamManager) {
    const owned = this.streams.filter(({ service }) => this.#owned.has(service));
    return Promise.all(owned.map((stream) => declareStream(admin, stream, this.#options)));
  }

  subject(type: EventType) {
    return inNamespace(this.#options.namespace, '.', type);
  }

  /** @throws Unavailable */
  consumerInfo(stream: Stream, durable: string): Promise<ConsumerInfo> {
    return this.asking(({ admin }) => admin.consumers.info(stream.name, durable));
  }

  /** Resolves once the event is stored. An event published again is recognised by its id. @throws Unavailable */
  async publish(event: AnyEvent): Promise<void> {
    const message = toWire(event, this.#options.compressEvents);
    const headers = headersOf(event, this.#options.compressEvents);
    await this.asking(({ streams }) =>
      streams.publish(this.subject(event.type), message, { msgID: event.id, headers }),
    );
  }

  /** Calls back with every message of every stream from now on, as the server receives it. */
  async subscribe(callback: (body: string) => void): Promise<Subscription[]> {
    const { connection } = await this.open();
    return this.streams
      .flatMap(({ subjects }) => subjects)
      .map((subject) =>
        connection.subscribe(subject, {
          callback: (error, message) => {
            if (!error) callback(fromWire(message.data));
          },
        }),
      );
  }

  /** Sends everything pending, acknowledgements included, and disconnects. */
  async close() {
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.connection.drain();
  }

  /** Disconnects as a killed process would. */
  async crash() {
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.connection.close();
  }

  explain = (error: unknown): Trouble => {
    if (error instanceof EngineError) return { line: error.message, lasting: true };
    const message = reasonOf(error);
    const at = `NATS_URL: ${this.#servers}`;
    if (error instanceof NoStream) {
      const line = `${at} has no stream ${error.stream.name} yet, which the service ${error.stream.service} makes.`;
      return { line, lasting: false, brief: true };
    }
    if (error instanceof AuthorizationError) {
      const what = this.#credentials.authenticator
        ? `the credentials of NATS_CREDENTIALS_FILE=${this.#options.credentialsFile}`
        : 'this user or password. Expected credentials';
      const line = `${at} refuses ${what}.`;
      return { line, lasting: true };
    }
    // The JetStream API reports a missing permission as a failed request.
    if (error instanceof PermissionViolationError || /permissions violation/i.test(message)) {
      const line = `${at} does not let this user do what is needed: ${message}.`;
      return { line, lasting: true };
    }
    if (/certificate|self[- ]signed/i.test(message)) {
      return { line: `${at}: ${message}. Expected TLS_CA_FILE to name its CA.`, lasting: true };
    }
    if (/replicas/i.test(message)) {
      const line = `NATS_REPLICAS=${this.#options.replicas}: ${message}. Expected at most as many as there are servers.`;
      return { line, lasting: /non-clustered/.test(message) };
    }
    if (/jetstream|no responders/i.test(message)) {
      return { line: `${at}: ${message}. Expected a server with JetStream.`, lasting: false };
    }
    return { line: `${at} does not answer: ${message}.`, lasting: false };
  };

  /** Asks once connected, which it does not wait for long. @throws Unavailable, whose cause is the failure. */
  async asking<T>(ask: (connected: Connected) => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const cancel = this.#options.clock.after(ANSWER_WITHIN_MS, () =>
      late.reject(new Error('not connected yet')),
    );
    try {
      return await ask(await Promise.race([this.open(), late.promise]));
    } catch (error) {
      throw new Unavailable(this.explain(error).line, { cause: error });
    } finally {
      cancel();
    }
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url && ['nats:', 'tls:'].includes(url.protocol) && url.host) return url;
  throw new EngineError(
    `NATS_URL: ${withoutPassword(text)} is no address of a server. Expected one such as nats://user:password@host:4222.`,
  );
}
