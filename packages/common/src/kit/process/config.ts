/** The only place that reads the environment. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { StartError, withoutPassword } from '../../errors.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

const wholeNumber = (from: number, to: number) =>
  z.coerce.number(`expected a whole number from ${from} to ${to}`).int().min(from).max(to);

const isCurrency = (code: string) =>
  Intl.supportedValuesOf('currency').includes(code.toUpperCase());

const isOrigin = (text: string) =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** `10.0.0.0/8`, `::1`, or one of the names that Fastify knows. */
function isNetwork(text: string) {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits = '1', ...rest] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest;
}

const schemeOf = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `expected an address such as ${example}`).optional();

const NATS_ADDRESS = /^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/;
const NEEDED_WHEN_DISTRIBUTED = [
  'MONGODB_URL',
  'NATS_URL',
  'REDIS_URL',
  'SESSION_KEY_FILE',
] as const;

const schema = z
  .object({
    PLATFORM: z
      .enum(['embedded', 'distributed'], 'expected embedded or distributed')
      .default('embedded'),
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535).default(3000),
    PUBLIC_ORIGIN: z
      .string()
      .refine(isOrigin, 'expected an origin such as https://tickets.example')
      .optional(),
    API_ORIGIN: z
      .string()
      .refine(isOrigin, 'expected an origin such as http://127.0.0.1:3000')
      .optional(),
    DATA_DIR: z.string().min(1).default('./data'),
    ORDER_EXPIRATION_SECONDS: wholeNumber(1, 86_400).default(900),
    CURRENCY: z
      .string()
      .toLowerCase()
      .refine(isCurrency, 'expected an ISO 4217 code such as usd')
      .default('usd'),
    RATE_LIMITS: z.enum(['on', 'off'], 'expected on or off').default('on'),
    TRUSTED_PROXIES: z
      .string()
      .refine(
        (list) => list.split(',').every((network) => isNetwork(network.trim())),
        'expected addresses or networks such as 10.0.0.0/8, separated by commas',
      )
      .optional(),
    LOG_LEVEL: z.enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`).default('info'),
    MONGODB_URL: schemeOf(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://user:password@host:27017'),
    NATS_URL: schemeOf(
      NATS_ADDRESS,
      'nats://user:password@host:4222, or several of them with commas',
    ),
    NATS_REPLICAS: wholeNumber(1, 5).default(1),
    REDIS_URL: schemeOf(/^rediss?:\/\/\S+$/, 'redis://user:password@host:6379'),
    TLS_CA_FILE: z.string().optional(),
    NAMESPACE: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,31}$/, 'expected a small letter, then letters, digits or _')
      .optional(),
    SESSION_KEY_FILE: z.string().optional(),
  })
  .superRefine((env, { addIssue }) => {
    if (env.PLATFORM === 'embedded') return;
    for (const name of NEEDED_WHEN_DISTRIBUTED) {
      if (env[name] === undefined) {
        addIssue({ code: 'custom', path: [name], message: 'PLATFORM=distributed needs it' });
      }
    }
  })
  .refine((env) => env.RATE_LIMITS === 'on' || LOOPBACK.includes(env.HOST), {
    path: ['RATE_LIMITS'],
    error: 'off is obeyed only when HOST is a loopback address',
  });

export interface Config {
  platform: 'embedded' | 'distributed';
  host: string;
  port: number;
  /** Where browsers reach Fairseat; without it, the loopback names of `host` and `port`. */
  publicOrigin: string | undefined;
  /** Where pages that are a process of their own reach the API. */
  apiOrigin: string | undefined;
  dataDir: string;
  orderExpirationSeconds: number;
  currency: string;
  rateLimits: boolean;
  /** Addresses or networks whose `X-Forwarded-For` is believed, separated by commas. */
  trustedProxies: string | undefined;
  logLevel: string;
  /** The rest is given when `platform` is distributed. */
  mongodbUrl: string | undefined;
  /** One address or several, separated by commas. */
  natsUrl: string | undefined;
  /** On how many servers events are kept. */
  natsReplicas: number;
  redisUrl: string | undefined;
  /** Certificates (PEM) that are believed of the three engines beside the well-known ones. */
  tlsCaFile: string | undefined;
  /** Leads every name on the engines, so that several marketplaces can share them. */
  namespace: string | undefined;
  sessionKeyFile: string | undefined;
}

/** A setting that cannot be used. The message names it and says what was expected. */
export class ConfigError extends StartError {
  override name = 'ConfigError';
}

/** @throws ConfigError, one line for each wrong setting. An empty setting counts as not given. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(({ path: [name = ''], message }) => {
      const value = given[String(name)];
      return value === undefined
        ? `${String(name)} is not set: ${message}`
        : `${String(name)}=${withoutPassword(value)}: ${message}`;
    });
    throw new ConfigError(`Wrong setting: ${lines.join('; ')}`);
  }
  const settings = result.data;
  return {
    platform: settings.PLATFORM,
    host: settings.HOST,
    port: settings.PORT,
    publicOrigin: settings.PUBLIC_ORIGIN,
    apiOrigin: settings.API_ORIGIN,
    dataDir: settings.DATA_DIR,
    orderExpirationSeconds: settings.ORDER_EXPIRATION_SECONDS,
    currency: settings.CURRENCY,
    rateLimits: settings.RATE_LIMITS === 'on',
    trustedProxies: settings.TRUSTED_PROXIES,
    logLevel: settings.LOG_LEVEL,
    mongodbUrl: settings.MONGODB_URL,
    natsUrl: settings.NATS_URL,
    natsReplicas: settings.NATS_REPLICAS,
    redisUrl: settings.REDIS_URL,
    tlsCaFile: settings.TLS_CA_FILE,
    namespace: settings.NAMESPACE,
    sessionKeyFile: settings.SESSION_KEY_FILE,
  };
}

/** For the pages as a process of their own, which has no platform. @throws ConfigError */
export function readClientConfig(env: Record<string, string | undefined> = process.env) {
  const config = readConfig({ ...env, PLATFORM: undefined });
  const { apiOrigin } = config;
  if (apiOrigin === undefined) {
    throw new ConfigError(
      'Wrong setting: API_ORIGIN is not set: expected where the API is, such as http://127.0.0.1:3000',
    );
  }
  return { ...config, apiOrigin };
}
