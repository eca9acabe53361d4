import { readFileSync } from 'node:fs';
import { withoutPassword } from '@fairseat/common/errors';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { EngineError, isAtLeast, reasonOf, type Trouble } from './engine.ts';
import { parseRedisUrl, type RedisAddress } from './redis-url.ts';

const OLDEST = '7.0';
const ANSWER_WITHIN_MS = 2000;
const LONGEST_RECONNECT_MS = 500;
const SILENT_MS = 15_000;

export type RedisClient = Redis | Cluster;
// The constructor of `Redis` has another type for this option.
type Options = Omit<RedisOptions, 'replyMapping'>;

/**
 * Commands fail soon while Redis is away, since a caller waits for them; a worker keeps waiting for jobs. The socket
 * timeout detects a connection that died silently.
 */
const purposes = {
  commands: {
    commandTimeout: ANSWER_WITHIN_MS,
    socketTimeout: 2 * ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 1,
  },
  // BullMQ requires no retry limit.
  worker: { maxRetriesPerRequest: null, socketTimeout: SILENT_MS },
} satisfies Record<string, Options>;

const reconnectAfterMs = (times: number) => Math.min(50 * times, LONGEST_RECONNECT_MS);

export interface RedisSettings {
  /** One server, a master that Sentinels name, or a cluster: see `parseRedisUrl`. */
  url: string | undefined;
  caFile: string | undefined;
  /** The name of this client on the server. */
  name: string;
}

/** Redis for those services that use it: without a first alarm or limit there is no connection. */
export class RedisEngine {
  readonly #settings: RedisSettings;
  readonly #address: RedisAddress | undefined;
  readonly #at: string;
  #commands: RedisClient | undefined;
  /** The reason why there is no connection, which the error of a failed command does not say. */
  #trouble: Error | undefined;

  /** @throws EngineError when the address is malformed. */
  constructor(settings: RedisSettings) {
    const { url } = settings;
    this.#settings = settings;
    this.#address = url === undefined ? undefined : parseRedisUrl(url);
    this.#at = `REDIS_URL: ${withoutPassword(url ?? '')}`;
  }

  /** The connection for commands. @throws EngineError without an address. */
  get commands(): RedisClient {
    if (this.#commands) return this.#commands;
    const redis = this.#connect('commands');
    redis.on('error', (error) => {
      this.#trouble = error;
    });
    redis.on('ready', () => {
      this.#trouble = undefined;
    });
    this.#commands = redis;
    return redis;
  }

  /** A new connection, which its user ends. */
  worker = (): RedisClient => this.#connect('worker');

  /** The prefix of keys that are used in one command. The braces keep them on one server of a cluster. */
  together = (prefix: string) => (this.#address?.kind === 'cluster' ? `{${prefix}}` : prefix);

  /**
   * Checks the version and the settings of the server, if anybody uses it.
   * @throws when it cannot be reached or used, see `explain`.
   */
  async check() {
    const redis = this.#commands;
    if (!redis) return;
    const first = await redis.info('server', 'memory');
    const others = redis instanceof Cluster ? redis.nodes('master') : [];
    const all = await Promise.all(others.map((node) => node.info('server', 'memory')));
    for (const about of [first, ...all]) this.#checkOne(about);
  }

  disconnect() {
    this.#commands?.disconnect();
  }

  #checkOne(about: string) {
    const version = /redis_version:(\S+)/.exec(about)?.[1] ?? '0';
    const policy = /maxmemory_policy:(\S+)/.exec(about)?.[1] ?? 'noeviction';
    if (!isAtLeast(version, OLDEST)) {
      throw new EngineError(`${this.#at} is Redis ${version}. Expected ${OLDEST} or later.`);
    }
    if (policy !== 'noeviction') {
      throw new EngineError(
        `${this.#at} may forget alarms: its maxmemory-policy is ${policy}. Expected noeviction.`,
      );
    }
  }

  #connect(purpose: keyof typeof purposes): RedisClient {
    if (!this.#address) {
      throw new EngineError('REDIS_URL is not set. Expected it for alarms and limits.');
    }
    return connect(this.#address, this.#settings, purpose);
  }

  explain = (error: unknown): Trouble => {
    if (error instanceof EngineError) return { line: error.message, lasting: true };
    const message = reasonOf(this.#trouble ?? error);
    const at = this.#at;
    if (/WRONGPASS|NOAUTH|invalid password|without any password/i.test(message)) {
      return { line: `${at} refuses this user or password. Expected credentials.`, lasting: true };
    }
    if (/NOPERM/.test(message)) {
      const line = `${at} does not let this user do what is needed: ${message}.`;
      return { line, lasting: true };
    }
    if (/certificate|self[- ]signed/i.test(message)) {
      return { line: `${at}: ${message}. Expected TLS_CA_FILE to name its CA.`, lasting: true };
    }
    if (/MISCONF|OOM|no space left/i.test(message)) {
      return { line: `${at} cannot save: its disk or memory is full.`, lasting: false };
    }
    return { line: `${at} does not answer: ${message}.`, lasting: false };
  };
}

function connect(
  address: RedisAddress,
  { caFile, name }: RedisSettings,
  purpose: keyof typeof purposes,
): RedisClient {
  const tls = address.isSecure && caFile ? { ca: readFileSync(caFile, 'utf8') } : {};
  const options: Options = {
    connectionName: name,
    connectTimeout: ANSWER_WITHIN_MS,
    // A server that has become a replica refuses writes: its address, the Sentinels or the cluster know the new master.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(address.isSecure && { tls }),
    ...purposes[purpose],
  };
  const retryStrategy = reconnectAfterMs;
  if (address.kind === 'server') return new Redis(address.url, { ...options, retryStrategy });
  const { hosts, username, password } = address;
  Object.assign(options, { ...(username && { username }), ...(password && { password }) });
  if (address.kind === 'cluster') {
    return new Cluster(hosts, {
      clusterRetryStrategy: retryStrategy,
      // Without a queue, commands fail while no server is known, instead of waiting for one without end.
      enableOfflineQueue: purpose === 'worker',
      // Names stay names: certificates are made out to them.
      dnsLookup: (host, callback) => callback(null, host),
      redisOptions: options,
    });
  }
  const { sentinelUsername, sentinelPassword } = address;
  return new Redis({
    ...options,
    retryStrategy,
    sentinels: hosts,
    name: address.master,
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(address.isSecure && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: ANSWER_WITHIN_MS,
    sentinelRetryStrategy: retryStrategy,
    // Not `failoverDetector`: a switch of the master while a client reconnects would end that client for good.
  });
}
