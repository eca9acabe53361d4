/** The contract of gateways on Stripe itself. Run by `npm run verify-stripe`. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Unavailable } from '@fairseat/common/errors';
import type { OpenGateway, PaymentGateway, Platform } from '@fairseat/common/ports';
import { gatewayContract, type OpenHarness } from '@fairseat/common/testing';
import { openStripeGateway } from '@fairseat/gateways/stripe';
import { type EmbeddedPlatform, openEmbedded } from '@fairseat/platform/embedded';
import { temporaryFolder } from '@fairseat/test-support/process';
import { inject } from 'vitest';

const ATTEMPTS = 5;
const PAUSE_MS = 1000;

/** Asks again, as the reconciler does: Stripe answers only one of those who change a payment at the same time. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === ATTEMPTS) throw error;
      await setTimeout(PAUSE_MS * attempt);
    }
  }
}

/** Stripe remembers keys for a day, and the suite uses the same ones in each of its tests. */
const withOwnKeys = (gateway: PaymentGateway, test: string): PaymentGateway => ({
  ...gateway,
  open: (payment) => insist(() => gateway.open({ ...payment, key: test + payment.key })),
  confirm: (id, token, key, orderId) =>
    insist(() => gateway.confirm(id, token, test + key, orderId)),
  capture: (id, key) => insist(() => gateway.capture(id, test + key)),
  find: (id) => insist(() => gateway.find(id)),
  cancel: (id) => insist(() => gateway.cancel(id)),
  refund: (id, key) => insist(() => gateway.refund(id, test + key)),
});

function openGateway(test: string): OpenGateway {
  const { secretKey, server } = inject('stripe');
  const { protocol, hostname: host, port } = new URL(server ?? 'https://api.stripe.com');
  const open = openStripeGateway({
    secretKey,
    publicOrigin: 'https://tickets.example',
    ...(server && { server: { protocol: protocol === 'http:' ? 'http' : 'https', host, port } }),
  });
  return (platform) => withOwnKeys(open(platform), test);
}

const openHarness: OpenHarness = async (clock) => {
  const folder = temporaryFolder();
  const test = `verify-${randomUUID()}-`;
  const opened: EmbeddedPlatform[] = [];
  return {
    clock,
    canShare: false,
    async open() {
      const platform = openEmbedded({
        ...{ dataDir: folder.path, clock, openGateway: openGateway(test) },
      });
      opened.push(platform);
      return platform;
    },
    async crash(platform: Platform) {
      opened.find((each) => each === platform)?.crash();
    },
    async outliveEvents() {},
    async dispose() {
      for (const platform of opened) platform.crash();
      folder[Symbol.dispose]();
    },
  };
};

// Its bank answers to no program.
gatewayContract('Stripe’s own', openHarness, { unanswered: true });
