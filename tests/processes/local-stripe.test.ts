/** `npm start -- --local-stripe`: payments by Stripe's protocol, without a key, in the real process. */
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { freePort } from '@fairseat/servers';
import { bought, firstPurchase } from '@fairseat/test-support/first-purchase';
import {
  Caller,
  type Process,
  startProcess,
  temporaryFolder,
} from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const flags = ['--api-only', '--local-stripe'];

interface Intent {
  id: string;
  status: string;
  amount_received: number;
  latest_charge: { amount_refunded: number; refunds: { data: unknown[] } } | null;
  next_action: { redirect_to_url: { url: string; return_url: string } } | null;
}

/** Where it says that the local Stripe is. */
const stripeOf = (fairseat: Process) =>
  /Stripe +a local one at (\S+), secret key (\S+)/.exec(fairseat.output().stdout) ?? [];

async function intentsOf(fairseat: Process): Promise<Intent[]> {
  const [, origin, key] = stripeOf(fairseat);
  const path = '/v1/payment_intents?limit=100&expand[]=data.latest_charge.refunds';
  const reply = await fetch(origin + path, { headers: { authorization: `Bearer ${key}` } });
  return ((await reply.json()) as { data: Intent[] }).data;
}

const start = async (dataDir: string) => {
  const port = await freePort(0);
  return startProcess({ DATA_DIR: dataDir, PORT: String(port) }, { flags });
};

/** A buyer with an order that can be paid. */
async function buyerOf({ url = '' }: Process, name: string) {
  const [seller, buyer] = await Promise.all(
    ['seller', 'buyer'].map((role) => new Caller(url).signUp(`${name}-${role}@example.com`)),
  );
  const ticket = await seller?.send<TicketRecord>('POST', '/api/tickets', {
    title: 'A',
    price: 4990,
  });
  const order = await buyer?.send<OrderRecord>(
    'POST',
    '/api/orders',
    { ticketId: ticket?.body.id },
    { prefer: 'wait=10' },
  );
  return { buyer: buyer as Caller, orderId: order?.body.id ?? '' };
}

const pay = (buyer: Caller, orderId: string, token: string) =>
  buyer.send<ChargeRecord>('POST', '/api/payments', { orderId, token });

const statusOf = async (buyer: Caller, orderId: string) =>
  (await buyer.send<OrderRecord>('GET', `/api/orders/${orderId}`))?.body.status;

describe('npm start -- --local-stripe', () => {
  it('takes the purchase that the README shows', async () => {
    using folder = temporaryFolder();
    const fairseat = await start(folder.path);
    expect(await firstPurchase(fairseat.url ?? '')).toEqual(bought);
    expect(await intentsOf(fairseat)).toMatchObject([{ status: 'succeeded' }]);
    expect(await fairseat.end('SIGINT')).toBe(0);
    expect(fairseat.output().stderr).not.toMatch(/"level":[56]0/);
  });

  it('has the buyer ask their bank, and hears of it by webhook', async () => {
    using folder = temporaryFolder();
    const fairseat = await start(folder.path);
    const { buyer, orderId } = await buyerOf(fairseat, 'a');
    const charge = await pay(buyer, orderId, 'pm_card_authenticationRequired');
    expect(charge?.body.nextAction).toMatchObject({ type: 'redirect' });
    const action = charge?.body.nextAction as { url: string };
    const body = new URLSearchParams({ answer: 'approve' });
    const answer = await fetch(action.url, { method: 'POST', body, redirect: 'manual' });
    expect(answer.headers.get('location')).toMatch(`${fairseat.url}/orders/${orderId}?`);
    await expect.poll(() => statusOf(buyer, orderId)).toBe('completed');
    const heard =
      /"outcome":"(?!about an unknown|refused)[^"]+","paymentId":"pi_\w+","msg":"webhook"/;
    await expect.poll(() => fairseat.output().stderr).toMatch(heard);
    await fairseat.end('SIGTERM');
  });

  it('keeps all that was paid, and where its bank is, across kill -9', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    const { buyer, orderId } = await buyerOf(first, 'b');
    const other = await buyerOf(first, 'c');
    await pay(other.buyer, other.orderId, 'pm_card_authenticationRequired');
    const [, before] = stripeOf(first);
    const paying = pay(buyer, orderId, 'pm_card_visa');
    await expect.poll(async () => (await intentsOf(first)).length).toBe(2);
    await first.end('SIGKILL');
    await paying;

    const second = await startProcess(
      { DATA_DIR: folder.path, PORT: new URL(first.url ?? '').port },
      { flags },
    );
    expect(stripeOf(second)[1]).toBe(before);
    buyer.url = second.url ?? '';
    // Had the request not been saved, the buyer asks again.
    await pay(buyer, orderId, 'pm_card_visa');
    await expect.poll(() => statusOf(buyer, orderId)).toBe('completed');
    const intents = await intentsOf(second);
    expect(intents.map(({ status }) => status).toSorted()).toEqual([
      'requires_action',
      'succeeded',
    ]);
    expect(intents.map(({ amount_received }) => amount_received).toSorted()).toEqual([0, 4990]);
    await second.end('SIGTERM');
  });

  it.each([
    [{ PORT: '0' }, 'PORT=0: with --local-stripe set PORT or PUBLIC_ORIGIN'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, 'keys of Stripe are set, and --local-stripe has its own'],
    [
      { PUBLIC_ORIGIN: 'https://tickets.example' },
      'no money would move at https://tickets.example',
    ],
  ])('does not go with %o', async (env, reason) => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path, PORT: '3999', ...env }, { flags });
    expect(await fairseat.exited).toBe(1);
    expect(fairseat.output().stderr).toContain(reason);
  });
});
