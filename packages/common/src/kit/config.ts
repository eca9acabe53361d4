/** The only place that reads the environment. */
import { isIP } from 'node:net';
import { z } from 'zod';

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

const schema = z
  .object({
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535).default(3000),
    PUBLIC_ORIGIN: z
      .string()
      .refine(isOrigin, 'expected an origin such as https://tickets.example')
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
  })
  .refine((env) => env.RATE_LIMITS === 'on' || LOOPBACK.includes(env.HOST), {
    path: ['RATE_LIMITS'],
    error: 'off is obeyed only when HOST is a loopback address',
  });

export interface Config {
  host: string;
  port: number;
  /** Where browsers reach Fairseat; without it, the loopback names of `host` and `port`. */
  publicOrigin: string | undefined;
  dataDir: string;
  orderExpirationSeconds: number;
  currency: string;
  rateLimits: boolean;
  /** Addresses or networks whose `X-Forwarded-For` is believed, separated by commas. */
  trustedProxies: string | undefined;
  logLevel: string;
}

/** A setting that cannot be used. The message names it and says what was expected. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** @throws ConfigError, one line for each wrong setting. An empty setting counts as not given. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(
      (issue) => `${issue.path.join('.')}=${given[String(issue.path[0])]}: ${issue.message}`,
    );
    throw new ConfigError(`Wrong setting: ${lines.join('; ')}`);
  }
  const settings = result.data;
  return {
    host: settings.HOST,
    port: settings.PORT,
    publicOrigin: settings.PUBLIC_ORIGIN,
    dataDir: settings.DATA_DIR,
    orderExpirationSeconds: settings.ORDER_EXPIRATION_SECONDS,
    currency: settings.CURRENCY,
    rateLimits: settings.RATE_LIMITS === 'on',
    trustedProxies: settings.TRUSTED_PROXIES,
    logLevel: settings.LOG_LEVEL,
  };
}
