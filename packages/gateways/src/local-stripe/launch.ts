/** A local Stripe in the process of the program that takes its payments by it. */
import { type Config, ConfigError } from '@fairseat/common/kit';
import type { Platform } from '@fairseat/common/ports';
import { LocalStripe } from './local-stripe.ts';
import { listenLocally } from './server.ts';
import { sendByHttp } from './webhooks.ts';

/** Known to everybody: they open nothing but a Stripe without money on this machine. */
const keys = { secretKey: 'sk_test_local', publishableKey: 'pk_test_local' };
const WEBHOOK_SECRET = 'whsec_local';
const WEBHOOK_PATH = '/api/payments/webhook';

interface LaunchedStripe {
  port: number;
  /** Where its API and its bank are reached. */
  origin: string;
  secretKey: string;
  /** With the settings by which the gateway reaches it. */
  config: Config;
  /** Where the SDK reaches it. */
  server: { protocol: 'http'; host: string; port: number };
  /** Answers from now on. */
  start(platform: Platform, onError: (error: unknown) => void): void;
  /** Where Fairseat listens: webhooks wait for that. */
  tellOf(address: string): void;
  /** Sends no more; still answers. */
  close(): Promise<void>;
}

/**
 * Listens on this port of the loopback address, or on another if it is taken.
 * @throws ConfigError for settings that it cannot go with
 */
export async function launchLocalStripe(config: Config, port: number): Promise<LaunchedStripe> {
  const publicOrigin = originOf(config);
  const listening = await listenLocally(port).catch(() => listenLocally(0));
  let address: string | undefined;
  let stripe: LocalStripe | undefined;
  return {
    port: listening.port,
    origin: listening.origin,
    secretKey: keys.secretKey,
    config: {
      ...config,
      publicOrigin,
      stripeSecretKey: keys.secretKey,
      stripeWebhookSecrets: [WEBHOOK_SECRET],
    },
    server: { protocol: 'http', host: '127.0.0.1', port: listening.port },
    start(platform, onError) {
      stripe = new LocalStripe({
        platform,
        keys,
        origin: listening.origin,
        webhooks: [{ url: WEBHOOK_PATH, secret: WEBHOOK_SECRET, payload: 'snapshot' }],
        async send(path, body, headers) {
          if (address === undefined) throw new Error('Fairseat does not listen yet.');
          return sendByHttp(`${address}${path}`, body, headers);
        },
        onError,
      });
      listening.serve(stripe);
      stripe.start();
    },
    tellOf(where) {
      address = where;
    },
    async close() {
      await stripe?.close();
    },
  };
}

/** Where the bank sends buyers back to. @throws ConfigError */
function originOf(config: Config): string {
  const { publicOrigin, host, port, stripeSecretKey, stripePublishableKey } = config;
  if (stripeSecretKey ?? stripePublishableKey ?? config.stripeWebhookSecrets) {
    throw new ConfigError(
      'Wrong setting: keys of Stripe are set, and --local-stripe has its own: leave one out',
    );
  }
  if (publicOrigin !== undefined) return publicOrigin;
  if (port === 0) {
    throw new ConfigError(
      'Wrong setting: PORT=0: with --local-stripe set PORT or PUBLIC_ORIGIN, since its bank sends buyers back there',
    );
  }
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
