/**
 * The marketplace with a gateway whose cards Stripe's script asks for. It is the test gateway with Stripe's tokens and next
 * actions, so no money moves. Its bank listens beside it, and the browser or `stripe.js` goes there.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pages } from '@fairseat/client';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import type { GatewayPayment, OpenGateway, PaymentGateway } from '@fairseat/common/ports';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';

/** `stripe`: the bank asks by the script; `redirect`: on a page of its own. */
const { ASKS_BY: asksBy = 'stripe' } = process.env;
const config = readConfig();
let gateway: PaymentGateway;
let pagesAt = '';

/** Resolves once money that is held may be taken. */
let capturing = Promise.withResolvers<void>();
capturing.resolve();

const bank = createServer(async ({ url = '' }, response) => {
  if (url === '/stops') capturing = Promise.withResolvers();
  if (url === '/goes-on') capturing.resolve();
  if (url === '/stops' || url === '/goes-on') return void response.end();
  const { pathname, searchParams } = new URL(url, 'http://bank');
  const [, id = '', orderId = ''] = pathname.split('/');
  const answer = searchParams.get('approve');
  if (answer === null) {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<h1>A bank</h1><a href="?approve=yes">Approve</a> <a href="?approve=no">Refuse</a>`,
    );
    return;
  }
  const answered = await gateway.authenticate?.(id, answer === 'yes');
  const secret = `payment_intent_client_secret=${id}_secret_1`;
  const location = `${pagesAt}/orders/${orderId}?payment_intent=${id}&${secret}&redirect_status=x`;
  response.writeHead(orderId ? 303 : 200, { location }).end(answered?.status);
});
await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
// Another site than the pages, as a bank is.
const bankAt = `http://localhost:${(bank.address() as AddressInfo).port}`;

const openGateway: OpenGateway = (platform) => {
  const test = openTestGateway(platform);
  gateway = test;
  const orders = new Map<string, string>();
  const asked = (payment: GatewayPayment): GatewayPayment => {
    if (!payment.nextAction) return payment;
    const { id } = payment;
    const nextAction =
      asksBy === 'stripe'
        ? ({ type: 'stripe', clientSecret: `${id}_secret_1` } as const)
        : ({ type: 'redirect', url: `${bankAt}/${id}/${orders.get(id)}` } as const);
    return { ...payment, nextAction };
  };
  return {
    testMode: true,
    name: 'stripe',
    form: ({ amount, currency }) => ({
      publishableKey: 'pk_test_form',
      elements: { mode: 'payment', amount, currency, allowedPaymentMethodTypes: ['card', 'link'] },
    }),
    open: async (payment) => {
      const opened = await test.open(payment);
      orders.set(opened.id, payment.orderId);
      return opened;
    },
    confirm: async (id, token, ...rest) =>
      asked(await test.confirm(id, token.replace('ctoken_', 'pm_card_'), ...rest)),
    find: async (id) => asked(await test.find(id)),
    capture: async (...payment) => {
      await capturing.promise;
      return test.capture(...payment);
    },
    cancel: test.cancel,
    refund: test.refund,
  };
};

const log = createLog(config.logLevel);
const platform = openEmbedded({
  dataDir: config.dataDir,
  openGateway,
  rateLimits: config.rateLimits,
  eventsKeptDays: config.eventsKeptDays,
  onError: (message, error) => log.error({ err: error }, message),
  onHalfFilled: (line) => log.info(line),
});
const pages = new Pages({ ...config, apiOrigin: undefined });
const sessionKey = await createSessionKey();
const marketplace = await createMarketplace({ platform, config, log, sessionKey, pages });
await marketplace.start();
pagesAt = await marketplace.app.listen({ host: config.host, port: config.port });
await pages.open();
process.stdout.write(`The bank is at ${bankAt}\nFairseat is listening on ${pagesAt}\n`);

process.once('SIGTERM', async () => {
  bank.close();
  bank.closeAllConnections();
  await marketplace.stop();
});
