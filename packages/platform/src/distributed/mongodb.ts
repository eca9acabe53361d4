import { DuplicateKey, Unavailable, withoutPassword } from '@fairseat/common/errors';
import type { Clock } from '@fairseat/common/ports';
import {
  type Db,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  type ServerDescription,
} from 'mongodb';
import { pause } from '../clock.ts';
import { EngineError, isAtLeast, type Trouble } from './engine.ts';

const OLDEST = '7.0';
/** The longest waits of an operation: for a server, and for a free connection or an answer. */
const WAIT_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
/** A server that is known says at least this often that it is there. */
const SILENT_MS = 15_000;

/** The server's own limit to an operation, so that none goes on there after its caller has given up. */
export interface Limit {
  maxTimeMS: number;
  /** How long the driver waits for the answer, where that is not `ANSWER_WITHIN_MS`. */
  socketTimeoutMS?: number;
}

/** Part of the options of every operation: the driver has no such setting for a client. */
export const brief = { maxTimeMS: ANSWER_WITHIN_MS - 1000 } satisfies Limit;
/** For what counts a whole collection or makes an index (which the driver sends without limit): no request waits for it. */
export const patient = { maxTimeMS: 600_000, socketTimeoutMS: 601_000 } satisfies Limit;

/**
 * A read that sees every write before it, also one whose majority is still lacking, which it waits for. The other reads,
 * of what a majority has, may lag behind the primary: a compare-and-set that lost to such a write would lose again. With
 * the concern `local` it would see a write that an election may undo, and act on what never happened.
 */
export const linearizable = { readConcern: { level: 'linearizable' } } as const;

/** Options of an address that would make writes or reads less safe than Fairseat relies on, or contradict `primary`. */
const NOT_OBEYED =
  /^(readPreference|readPreferenceTags|maxStalenessSeconds|readConcernLevel|w|journal|wtimeout(MS)?)=/i;
const GIVE_UP_MS = 5000;
const MAX_ATTEMPTS = 30;
const LONGEST_PAUSE_MS = 250;
const CONNECTIONS = 50;
/** Connections opened at a time. With the driver's default of two, all that waited for a server queues behind them. */
const CONNECTING = 16;

const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const DISK_FULL = 14031;
const DUPLICATE_KEY = 11000;
/** Write conflict, election of a new primary, a server shutting down: a retry may succeed at once. */
const TRANSIENT = [6, 7, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/** Leads the names of all databases. */
export const prefixOf = (namespace = 'fairseat') => namespace;

/** The connection to MongoDB, with retries, and the translation of its errors. */
export class Mongo {
  readonly #newClient: () => MongoClient;
  #client: MongoClient;
  /** The number of operations under way, by client. */
  readonly #underWay = new Map<MongoClient, number>();
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #url: string;
  /** Cached for this client, since creating one costs more than sending a command. */
  readonly #databases = new Map<string, Db>();
  #connected: Promise<unknown> | undefined;
  #closed = false;

  /** @throws EngineError when the address is malformed. */
  constructor(options: {
    url: string;
    caFile: string | undefined;
    name: string;
    prefix: string;
    clock: Clock;
  }) {
    const { url, caFile, name, prefix, clock } = options;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#url = withoutPassword(url);
    this.#newClient = () =>
      new MongoClient(obeyed(url), {
        appName: name,
        // An acknowledged write is on disk on most members, and data that was read cannot be rolled back.
        writeConcern: { w: 'majority', journal: true },
        readConcern: { level: 'majority' },
        readPreference: 'primary',
        ignoreUndefined: true,
        maxPoolSize: CONNECTIONS,
        maxConnecting: CONNECTING,
        connectTimeoutMS: WAIT_MS,
        serverSelectionTimeoutMS: WAIT_MS,
        waitQueueTimeoutMS: ANSWER_WITHIN_MS,
        socketTimeoutMS: ANSWER_WITHIN_MS,
        ...(caFile && { tlsCAFile: caFile }),
      });
    try {
      this.#client = this.#newClient();
    } catch (error) {
      const { message } = error as Error;
      throw new EngineError(
        `MONGODB_URL: ${message}. Expected an address such as mongodb://user:password@host:27017/.`,
        { cause: error },
      );
    }
  }

  /** Returns the database of a service. Do not keep it: `#beginAnew` replaces the client. */
  database(service: string): Db {
    const database = this.#databases.get(service) ?? this.#client.db(`${this.#prefix}_${service}`);
    this.#databases.set(service, database);
    return database;
  }

  /** Checks the server and its version. @throws when it cannot be reached or used, see `explain`. */
  async check() {
    await this.#connect();
    const { version } = await this.#client.db('admin').command({ buildInfo: 1, ...brief });
    if (isAtLeast(version, OLDEST)) return;
    throw new EngineError(
      `MONGODB_URL: ${this.#url} is MongoDB ${version}. Expected ${OLDEST} or later.`,
    );
  }

  /**
   * Runs an operation, and retries it when that may help: after a write conflict, or while a server comes back. A later
   * attempt of a write must recognise that an earlier one was saved after all. Every operation takes the limit.
   * @throws DuplicateKey, Unavailable
   */
  async run<T>(work: (attempt: number) => Promise<T>, limit: Limit = brief): Promise<T> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let attempt = 1; ; attempt++) {
      let client: MongoClient | undefined;
      try {
        await this.#connect();
        client = this.#client;
        return await this.#using(client, () => work(attempt), limit);
      } catch (error) {
        if (client && isHanging(error)) this.#beginAnew(client);
        const tryAgain = attempt < MAX_ATTEMPTS && performance.now() < giveUpAt;
        const mayPass = isTransient(error) || (this.#isReplaced(client) && isOfDriver(error));
        if (!tryAgain || !mayPass) throw this.#translated(error);
        await pause(this.#clock, Math.random() * Math.min(4 * 2 ** attempt, LONGEST_PAUSE_MS));
      }
    }
  }

  async close(force = false) {
    this.#closed = true;
    this.#connected = Promise.reject(new Unavailable('The database connection is closed.'));
    this.#connected.catch(() => {});
    const clients = new Set([this.#client, ...this.#underWay.keys()]);
    await Promise.all([...clients].map((client) => client.close(force)));
  }

  /** The driver reconnects by itself, but only after the first connection has succeeded. */
  #connect() {
    this.#connected ??= this.#client.connect().catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  /**
   * Replaces a client whose monitor hangs, as described at `inTime`, which would never find the server again. Operations that use the old client may still end well, or else are retried with the new one.
   */
  #beginAnew(lost: MongoClient) {
    if (this.#client !== lost || this.#closed) return;
    this.#client = this.#newClient();
    this.#databases.clear();
    this.#connected = undefined;
    this.#closeUnused(lost);
  }

  async #using<T>(client: MongoClient, work: () => Promise<T>, limit: Limit): Promise<T> {
    this.#underWay.set(client, (this.#underWay.get(client) ?? 0) + 1);
    try {
      return await inTime(work(), WAIT_MS + (limit.socketTimeoutMS ?? ANSWER_WITHIN_MS));
    } finally {
      this.#underWay.set(client, (this.#underWay.get(client) ?? 1) - 1);
      if (this.#isReplaced(client)) this.#closeUnused(client);
    }
  }

  #isReplaced = (client: MongoClient | undefined) =>
    client !== undefined && client !== this.#client;

  /** Closes a client that was replaced, after the last operation that uses it. */
  #closeUnused(client: MongoClient) {
    if (this.#underWay.get(client)) return;
    this.#underWay.delete(client);
    client.close(true).catch(() => {});
  }

  explain = (error: unknown): Trouble => {
    if (error instanceof EngineError) return { line: error.message, lasting: true };
    const cause = error instanceof Unavailable ? error.cause : error;
    const { message } = cause as Error;
    const code = cause instanceof MongoServerError ? cause.code : undefined;
    const at = `MONGODB_URL: ${this.#url}`;
    if (code === AUTHENTICATION_FAILED) {
      return { line: `${at} refuses this user or password. Expected credentials.`, lasting: true };
    }
    if (code === UNAUTHORIZED) {
      const line = `${at} does not let this user do what is needed: ${message}. Expected the role readWrite.`;
      return { line, lasting: true };
    }
    if (/certificate|self[- ]signed/i.test(message)) {
      return { line: `${at}: ${message}. Expected TLS_CA_FILE to name its CA.`, lasting: true };
    }
    if (code === DISK_FULL || /no space left/i.test(message)) {
      return { line: `${at} cannot save: its disk is full.`, lasting: false };
    }
    return { line: `${at} does not answer: ${message}.`, lasting: false };
  };

  #translated(error: unknown): unknown {
    if (!(error instanceof MongoError)) return error;
    if (isDuplicate(error)) return new DuplicateKey(error.message, { cause: error });
    return new Unavailable(this.explain(error).line, { cause: error });
  }
}

/**
 * Gives up late work. When a socket is destroyed just before the driver writes to it, the driver waits for ever for it
 * to drain. This is likely when many connections are reset at once, as by a restart or a firewall.
 */
async function inTime<T>(work: Promise<T>, longestMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new MongoNetworkError('no answer in time')),
    longestMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * True when no server could be selected and one has not been heard of, not even that it refuses connections, since that
 * began. Otherwise there is nothing wrong with the client: the servers are away, or elect a primary.
 */
function isHanging(error: unknown): boolean {
  if (!(error instanceof MongoServerSelectionError)) return false;
  const servers: ServerDescription[] = [...(error.reason?.servers.values() ?? [])];
  return servers.some(({ type, lastUpdateTime }) => {
    const silentMs = performance.now() - lastUpdateTime;
    return silentMs >= (type === 'Unknown' ? WAIT_MS : SILENT_MS);
  });
}

/** The address without the options that Fairseat decides. */
function obeyed(url: string): string {
  const [address, options = ''] = url.split(/\?(.*)/s);
  const left = options.split('&').filter((option) => !NOT_OBEYED.test(option));
  return left.length > 0 ? `${address}?${left.join('&')}` : `${address}`;
}

/** True for an error by which the driver gave up, as opposed to the answer of a server. */
const isOfDriver = (error: unknown) =>
  error instanceof MongoError && !(error instanceof MongoServerError);

export const isDuplicate = (error: unknown) =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY;

function isTransient(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  // Another operation has just replaced the client.
  if (error instanceof MongoTopologyClosedError) return true;
  if (!(error instanceof MongoServerError)) return false;
  return TRANSIENT.includes(Number(error.code)) || error.hasErrorLabel('RetryableWriteError');
}
