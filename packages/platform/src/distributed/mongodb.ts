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
} from 'mongodb';
import { pause } from '../clock.ts';
import { EngineError, isAtLeast, type Trouble } from './engine.ts';

const OLDEST = '7.0';
/** How long an operation may wait for a server, a connection or an answer. */
const WAIT_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
/** No attempt may take longer, whatever the driver does. */
const LONGEST_ATTEMPT_MS = WAIT_MS + ANSWER_WITHIN_MS;
const GIVE_UP_MS = 5000;
const MAX_ATTEMPTS = 30;
const LONGEST_PAUSE_MS = 250;
const CONNECTIONS = 50;
/** How many are opened at a time: the driver's two hold up all that has waited for a server to come back. */
const CONNECTING = 16;

const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const DISK_FULL = 14031;
const DUPLICATE_KEY = 11000;
/** Write conflict, a new primary being chosen, a server shutting down: the same again may work at once. */
const TRANSIENT = [6, 7, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/** Leads the names of all databases. */
export const prefixOf = (namespace = 'fairseat') => namespace;

/** The connection to MongoDB, and what its errors mean. */
export class Mongo {
  readonly #newClient: () => MongoClient;
  #client: MongoClient;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #url: string;
  /** Of this client: to make one costs more than to send a command. */
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
      new MongoClient(url, {
        appName: name,
        // What is acknowledged is on disk, on most members; what is read cannot be rolled back.
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

  /** The database of a service; to be asked for anew each time, see `#beginAnew`. */
  database(service: string): Db {
    const database = this.#databases.get(service) ?? this.#client.db(`${this.#prefix}_${service}`);
    this.#databases.set(service, database);
    return database;
  }

  /** @throws when it cannot be reached or used, see `explain`. */
  async check() {
    await this.#connect();
    const { version } = await this.#client.db('admin').command({ buildInfo: 1 });
    if (isAtLeast(version, OLDEST)) return;
    throw new EngineError(
      `MONGODB_URL: ${this.#url} is MongoDB ${version}. Expected ${OLDEST} or later.`,
    );
  }

  /**
   * Does one thing, again when that may help: after a write conflict, or while a server comes back. Whoever writes must
   * recognise on a later attempt that an earlier one was saved after all.
   * @throws DuplicateKey, Unavailable
   */
  async run<T>(work: (attempt: number) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let attempt = 1; ; attempt++) {
      let client: MongoClient | undefined;
      try {
        await this.#connect();
        client = this.#client;
        return await inTime(work(attempt));
      } catch (error) {
        if (client && error instanceof MongoServerSelectionError) this.#beginAnew(client);
        const tryAgain = attempt < MAX_ATTEMPTS && performance.now() < giveUpAt;
        if (!tryAgain || !isTransient(error)) throw this.#translated(error);
        await pause(this.#clock, Math.random() * Math.min(4 * 2 ** attempt, LONGEST_PAUSE_MS));
      }
    }
  }

  async close(force = false) {
    this.#closed = true;
    this.#connected = Promise.reject(new Unavailable('The database connection is closed.'));
    this.#connected.catch(() => {});
    await this.#client.close(force);
  }

  /** Once it was connected the driver goes on by itself; before, an attempt that failed ends it. */
  #connect() {
    this.#connected ??= this.#client.connect().catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  /**
   * The driver has lost the server for good, as far as can be told: its own watch may hang, as `inTime` says, and would
   * never find it again. Others that wait for the old client try again with the new one.
   */
  #beginAnew(lost: MongoClient) {
    if (this.#client !== lost || this.#closed) return;
    this.#client = this.#newClient();
    this.#databases.clear();
    this.#connected = undefined;
    lost.close(true).catch(() => {});
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
 * When a socket is destroyed just before the driver writes to it, the driver waits without end for it to drain. Many
 * connections that are reset at once, as by a restart or a firewall, make that likely.
 */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new MongoNetworkError('no answer in time')),
    LONGEST_ATTEMPT_MS,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export const isDuplicate = (error: unknown) =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY;

function isTransient(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  // While another operation has begun anew.
  if (error instanceof MongoTopologyClosedError) return true;
  if (!(error instanceof MongoServerError)) return false;
  return TRANSIENT.includes(Number(error.code)) || error.hasErrorLabel('RetryableWriteError');
}
