/**
 * Every setting with its accepted values, its default and its meaning. The type of a configuration, the text of
 * `--help` and the table of the README follow. Meanings are Markdown; `unset` describes a setting without a default.
 */
import { isIP } from 'node:net';
import { z } from 'zod';

const NEEDED = 'none, needed';
const NEEDED_BY_MOST = 'none, needed by all but feed';
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const NATS_ADDRESS = /^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/;

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

const atMost = (byDefault: number, what: string) =>
  wholeNumber(1, 1_000_000).default(byDefault).describe(what);

/** Whole numbers of seconds, separated by commas. */
const seconds = (byDefault: string) =>
  z
    .string()
    .regex(/^\d{1,6}(,\d{1,6})*$/, 'expected seconds such as 60,300,900')
    .default(byDefault)
    .transform((list) => list.split(',').map(Number));

/** Never shown, not even a wrong one. */
const secret = (pattern: RegExp, expected: string) =>
  z.string().regex(pattern, `expected ${expected}`);

const url = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `expected an address such as ${example}`);

const ofEveryProcess = z.object({
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: wholeNumber(0, 65_535).default(3000).describe('port to listen on; 0 chooses a free one'),
  OPERATIONS_PORT: wholeNumber(1, 65_535).optional().meta({
    unset: '`PORT`, with `/metrics` for programs of the same machine alone',
    description: 'a port of its own for `/metrics`, `/healthz` and `/readyz`',
  }),
  PUBLIC_ORIGIN: z
    .string()
    .refine(isOrigin, 'expected an origin such as https://tickets.example')
    .optional()
    .meta({
      unset: 'the loopback names of `HOST` and `PORT`',
      description:
        'where browsers reach Fairseat, such as `https://tickets.example`: changing requests from other origins are refused, and with `https` cookies are `Secure`',
    }),
  HSTS_SUBDOMAINS: z
    .enum(['on', 'off'], 'expected on or off')
    .default('off')
    .transform((subdomains) => subdomains === 'on')
    .describe(
      '`on` has browsers reach every subdomain of an `https` `PUBLIC_ORIGIN` by HTTPS alone, for a year',
    ),
  CURRENCY: z
    .string()
    .toLowerCase()
    .refine(isCurrency, 'expected an ISO 4217 code such as usd')
    .default('usd')
    .describe('ISO 4217 code; a data folder keeps the one of its first start'),
  TRUSTED_PROXIES: z
    .string()
    .refine(
      (list) => list.split(',').every((network) => isNetwork(network.trim())),
      'expected addresses or networks such as 10.0.0.0/8, separated by commas',
    )
    .optional()
    .describe('addresses or networks, separated by commas, whose `X-Forwarded-For` is trusted'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe(`one of ${LOG_LEVELS.join(', ')}; JSON lines on standard error`),
});

const ofServices = z.object({
  PLATFORM: z
    .enum(['embedded', 'distributed'], 'expected embedded or distributed')
    .default('embedded')
    .describe('`distributed` for a service as a process of its own'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('the folder of all data of `npm start`; one process at a time'),
  ORDER_EXPIRATION_SECONDS: wholeNumber(1, 86_400)
    .default(900)
    .describe('how long a ticket is locked for a buyer'),
  MAX_HOLDS: wholeNumber(1, 100)
    .default(4)
    .describe('how many unpaid orders a buyer may have at once'),
  HOLD_PAUSES: seconds('60,300,900').describe(
    'the seconds before a buyer may hold the same ticket again that they held without paying: the first time, the second, and from then on',
  ),
  LISTINGS_PER_HOUR: atMost(30, 'tickets that an account may list an hour'),
  LISTINGS_PER_DAY: atMost(200, 'tickets that an account may list a day'),
  EDITS_PER_MINUTE: atMost(10, 'times that a ticket may be edited a minute'),
  DECLINE: z
    .enum(['cancel', 'retry'], 'expected cancel or retry')
    .default('cancel')
    .describe(
      'what follows a declined payment: `cancel` ends the order and lets the ticket go; `retry` lets the buyer try other cards while they hold it, until `DECLINES_PER_ORDER` are declined',
    ),
  DECLINES_PER_ACCOUNT: atMost(
    5,
    'payments of an account that may be declined an hour, before the gateway is asked no more',
  ),
  DECLINES_PER_ADDRESS: atMost(10, 'the same from an address'),
  DECLINES_PER_ORDER: atMost(3, 'the same of an order'),
  EVENTS_KEPT_DAYS: wholeNumber(1, 3650)
    .default(30)
    .describe(
      'how long events stay in the log that have been handled, and dead letters; a service that is away for longer misses events',
    ),
  LISTENERS_PER_KEY: wholeNumber(1, 1000)
    .default(20)
    .describe('how many streams and waiting pages of `/api/feed` an API key may have at once'),
  WEBHOOKS_TO_LOOPBACK: z
    .enum(['on', 'off'], 'expected on or off')
    .default('off')
    .transform((may) => may === 'on')
    .describe(
      '`on` lets outgoing webhooks go to programs of the same machine, also by `http`: for development',
    ),
  STRIPE_SECRET_KEY: secret(/^[sr]k_(test|live)_\w+$/, 'a secret or restricted key of Stripe')
    .optional()
    .meta({
      secret: true,
      unset: 'none, and no money moves',
      description:
        'Stripe takes the payments: its secret key, or a restricted one. Only payments needs it',
    }),
  STRIPE_PUBLISHABLE_KEY: secret(/^pk_(test|live)_\w+$/, 'a publishable key of Stripe')
    .optional()
    .meta({
      secret: true,
      description: 'the publishable key of the same mode, for cards in browsers',
    }),
  STRIPE_WEBHOOK_SECRETS: secret(
    /^whsec_\w+(,whsec_\w+)*$/,
    'signing secrets of webhooks, separated by commas',
  )
    .transform((list) => list.split(','))
    .optional()
    .meta({
      secret: true,
      unset: 'none: Stripe is only asked',
      description:
        'the signing secrets of all webhooks that lead to `/api/payments/webhook`, separated by commas',
    }),
  ALLOW_TEST_PAYMENTS: z
    .enum(['on', 'off'], 'expected on or off')
    .default('off')
    .transform((allow) => allow === 'on')
    .describe('`on` lets an `https` `PUBLIC_ORIGIN` sell for payments that move no money'),
  RATE_LIMITS: z
    .enum(['on', 'off'], 'expected on or off')
    .default('on')
    .transform((limits) => limits === 'on')
    .describe('`off` is allowed only while `HOST` is a loopback address'),
});

const ofPages = z.object({
  API_ORIGIN: z
    .string()
    .refine(isOrigin, 'expected an origin such as http://127.0.0.1:3000')
    .optional()
    .meta({ unset: NEEDED, description: 'where the pages reach the API' }),
});

const ofDistributed = z.object({
  MONGODB_URL: url(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://user:password@host:27017')
    .optional()
    .meta({ unset: NEEDED_BY_MOST, description: '`mongodb://user:password@host:27017/?tls=true`' }),
  NATS_URL: url(NATS_ADDRESS, 'nats://user:password@host:4222, or several of them with commas')
    .optional()
    .meta({
      unset: NEEDED,
      description:
        '`nats://user:password@host:4222`, with `tls://` encrypted; the servers of a cluster separated by commas',
    }),
  NATS_CREDENTIALS_FILE: z
    .string()
    .optional()
    .describe(
      'a `.creds` file, or one with the seed of an NKey, in place of user and password in `NATS_URL`; read again for each connection',
    ),
  NATS_REPLICAS: wholeNumber(1, 5)
    .default(1)
    .describe(
      'the number of servers of the cluster that keep each event: with 3, one may be lost without harm',
    ),
  EVENTS_MAX_BYTES: wholeNumber(2 ** 20, 2 ** 50)
    .default(2 ** 30)
    .describe(
      'the most that NATS keeps of the events of each service; the oldest go first. The default is a week of 30 purchases a minute',
    ),
  COMPRESS_EVENTS: z
    .enum(['on', 'off'], 'expected on or off')
    .default('off')
    .transform((compress) => compress === 'on')
    .describe(
      '`on` lets events take four tenths of the space in NATS. 0.1.0 cannot read them: switch it on when no process of it will run again',
    ),
  REDIS_URL: url(/^rediss?(\+sentinel|\+cluster)?:\/\/\S+$/, 'redis://user:password@host:6379')
    .optional()
    .meta({
      unset: 'none, needed by all but orders, live and feed',
      description:
        '`redis://user:password@host:6379`, with `rediss://` encrypted; also [Sentinels or a cluster](docs/operations.md#redis-on-several-servers)',
    }),
  TLS_CA_FILE: z.string().optional().meta({
    unset: 'the well-known ones',
    description: 'authorities (PEM) whose certificates are trusted on the three servers',
  }),
  NAMESPACE: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'expected a small letter, then letters, digits or _')
    .optional()
    .describe(
      'a prefix of every name on the three servers, so that several marketplaces can share them',
    ),
  SESSION_KEY_FILE: z.string().optional().meta({
    unset: NEEDED_BY_MOST,
    description: 'the key for sessions: the private half for auth, the public half for all others',
  }),
});

/** Settings by the processes that take them. */
export const groups = {
  'Every process': ofEveryProcess,
  '`npm start`, and services by themselves': ofServices,
  '[The pages by themselves](docs/operations.md#the-pages), beside those of every process': ofPages,
  '`PLATFORM=distributed`, [on several machines](#on-several-machines)': ofDistributed,
};

export const settings = z
  .object({
    ...ofEveryProcess.shape,
    ...ofServices.shape,
    ...ofPages.shape,
    ...ofDistributed.shape,
  })
  .superRefine((env, { addIssue }) => {
    if (env.PLATFORM === 'embedded') return;
    for (const [name, setting] of Object.entries(ofDistributed.shape)) {
      if (setting.meta()?.unset === NEEDED && env[name as keyof typeof env] === undefined) {
        addIssue({ code: 'custom', path: [name], message: 'PLATFORM=distributed needs it' });
      }
    }
  })
  .refine((env) => env.RATE_LIMITS || LOOPBACK.includes(env.HOST), {
    path: ['RATE_LIMITS'],
    error: 'off is obeyed only when HOST is a loopback address',
  });
