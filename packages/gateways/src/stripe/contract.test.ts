/** The contract of gateways, by the SDK on the local Stripe: without a network, and over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PaymentGateway, Platform } from '@fairseat/common/ports';
import { gatewayContract, type OpenHarness } from '@fairseat/common/testing';
import { type EmbeddedPlatform, openEmbedded } from '@fairseat/platform/embedded';
import { stripeKeys } from '@fairseat/test-support/local-stripe';
import { createLocalClient } from '../local-stripe/http-client.ts';
import { answerPage } from '../local-stripe/index.ts';
import { LocalStripe } from '../local-stripe/local-stripe.ts';
import { serveLocalStripe } from '../local-stripe/server.ts';
import { openStripeGateway, type StripeOptions } from './stripe-gateway.ts';

const HELD_MS = 7 * 24 * 60 * 60 * 1000;

let stripe: LocalStripe;
let gateway: PaymentGateway;

/** The buyer answers on the page of their bank. */
async function authenticate(id: string, approve: boolean) {
  const { intent } = (await stripe.ledger.payment(id)) ?? {};
  await answerPage(stripe, {
    method: 'POST',
    path: `/bank/${id}?key=${intent?.bankKey}`,
    body: `answer=${approve ? 'approve' : 'refuse'}`,
  });
  return gateway.find(id);
}

type Connected = { server: NonNullable<StripeOptions['server']>; close(): Promise<void> };
type Connect = (
  open: (origin: string) => LocalStripe,
  clock: Platform['clock'],
) => Promise<Connected>;

const inMemory: Connect = async (open, clock) => {
  const local = open('http://127.0.0.1:12111');
  return { server: { httpClient: createLocalClient(local, clock) }, close: () => local.close() };
};

const overHttp: Connect = async (open) => {
  const { port, stripe: local, close } = await serveLocalStripe(0, open);
  return {
    server: { protocol: 'http', host: '127.0.0.1', port },
    close: async () => {
      await close();
      await local.close();
    },
  };
};

/** Stripe has a platform of its own, which outlives those of the harness. */
const harnessOf =
  (connect: Connect): OpenHarness =>
  async (clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
    const opened: EmbeddedPlatform[] = [];
    const platform = openEmbedded({ dataDir: join(folder, 'stripe'), clock });
    const { server, close } = await connect((origin) => {
      stripe = new LocalStripe({ platform, keys: stripeKeys, origin });
      return stripe;
    }, clock);
    await platform.start();
    stripe.start();
    return {
      clock,
      canShare: false,
      async open() {
        const { secretKey } = stripeKeys;
        const publicOrigin = 'http://127.0.0.1:3000';
        const openGateway = openStripeGateway({ secretKey, publicOrigin, server });
        const another = openEmbedded({ dataDir: join(folder, 'ours'), openGateway, clock });
        opened.push(another);
        gateway = another.gateway;
        return another;
      },
      async crash(crashed: Platform) {
        opened.find((each) => each === crashed)?.crash();
      },
      async outliveEvents() {
        clock.advance(HELD_MS);
      },
      async dispose() {
        for (const each of opened) each.crash();
        await close();
        await platform.close();
        rmSync(folder, { recursive: true });
      },
    };
  };

const tricks = { captureRefused: 'pm_local_captureExpired', heldMs: HELD_MS };

gatewayContract('Stripe’s, in memory', harnessOf(inMemory), tricks, authenticate);
gatewayContract('Stripe’s, over HTTP', harnessOf(overHttp), tricks, authenticate);
