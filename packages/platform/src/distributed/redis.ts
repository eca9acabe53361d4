import { readFileSync } from 'node:fs';
import { withoutPassword } from '@fairseat/common/errors';
import { Redis, type RedisOptions } from 'ioredis';
import { EngineError, isAtLeast, reasonOf, type Trouble } from './engine.ts';

const OLDEST = '7.0';
const ANSWER_WITHIN_MS = 2000;
const LONGEST_RECONNECT_MS = 500;
const SILENT_MS = 15_000;

// The constructor of `Redis` has another type for this option.
type Options = Omit<RedisOptions, 'replyMapping'>;

/** Commands fail soon while Redis is away, since a caller waits for them; a worker keeps waiting for jobs. */
const purposes = {
  commands: { commandTimeout: ANSWER_WITHIN_MS, maxRetriesPerRequest: 1 },
  // BullMQ requires no retry limit. The socket timeout detects a connection that died silently.
  worker: { maxRetriesPerRequest: null, socketTimeout: SILENT_MS },
} satisfies Record<string, Options>;

export interface RedisSettings {
  url: string;
  caFile: string | undefined;
  /** The name of this client on the server. */
  name: string;
}

/** The reason why a client has no connection. */
const lastTrouble = new WeakMap<Redis, Error>();

/** @throws EngineError when the address is malformed. */
export function connectRedis(settings: RedisSettings, purpose: keyof typeof purposes): Redis {
  const { url, caFile, name } = settings;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new EngineError(
      `REDIS_URL: ${withoutPassword(url)} is no address of a server. Expected one such as redis://user:password@host:6379.`,
    );
  }
  const options: Options = {
    connectionName: name,
    connectTimeout: ANSWER_WITHIN_MS,
    retryStrategy: (times: number) => Math.min(50 * times, LONGEST_RECONNECT_MS),
    ...(caFile && parsed.protocol === 'rediss:' && { tls: { ca: readFileSync(caFile, 'utf8') } }),
    ...purposes[purpose],
  };
  const redis = new Redis(url, options);
  // The error of a failed command does not say why there is no connection.
  redis.on('error', (error) => lastTrouble.set(redis, error));
  redis.on('ready', () => lastTrouble.delete(redis));
  return redis;
}

/** Checks the version and the settings of the server. @throws when it cannot be reached or used, see `explainRedis`. */
export async function checkRedis(redis: Redis, url: string) {
  const about = await redis.info('server', 'memory');
  const version = /redis_version:(\S+)/.exec(about)?.[1] ?? '0';
  const policy = /maxmemory_policy:(\S+)/.exec(about)?.[1] ?? 'noeviction';
  const at = `REDIS_URL: ${withoutPassword(url)}`;
  if (!isAtLeast(version, OLDEST)) {
    throw new EngineError(`${at} is Redis ${version}. Expected ${OLDEST} or later.`);
  }
  if (policy !== 'noeviction') {
    throw new EngineError(
      `${at} may forget alarms: its maxmemory-policy is ${policy}. Expected noeviction.`,
    );
  }
}

export const explainRedis =
  (url: string, redis: Redis) =>
  (error: unknown): Trouble => {
    if (error instanceof EngineError) return { line: error.message, lasting: true };
    const message = reasonOf(lastTrouble.get(redis) ?? error);
    const at = `REDIS_URL: ${withoutPassword(url)}`;
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
