/** Each way in which the gateway and the charges can differ, planted beside what is right. */
import { createLog, reconcile } from '@fairseat/common/kit';
import type { Stored } from '@fairseat/common/ports';
import { payments } from '@fairseat/payments';
import { healed } from '@fairseat/test-support/disturbances';
import {
  type GatewayRecord,
  readEverything,
  type StoredPayment,
} from '@fairseat/test-support/invariants';
import type { TestMarketplace } from '@fairseat/test-support/marketplace';
import { openHeld } from '@fairseat/test-support/trade';
import { expect, it } from 'vitest';

const log = createLog('silent');

/** What `npm run reconcile` finds since then. */
const found = (market: TestMarketplace, since = 0) =>
  reconcile(payments, { platform: market.platform, config: market.config, log }, since);

/** All records; the gateway's without their versions. */
async function everything(market: TestMarketplace) {
  const { gateway, ...others } = await readEverything(market.platform);
  return { ...others, gateway: gateway.map(({ version: _, ...payment }) => payment) };
}

/** Changes a record past everybody who would notice. */
async function plant<R extends Stored>(
  market: TestMarketplace,
  service: string,
  id: string,
  change: (record: R) => Partial<R>,
) {
  const table = market.platform.table<R>(service, { name: 'payments' });
  const record = (await table.get(id, { latest: true })) as R;
  await table.replace(record, { ...record, ...change(record), version: record.version + 1 });
}

const atGateway = (market: TestMarketplace, id: string, change: object) =>
  plant<GatewayRecord>(market, 'test_gateway', id, () => change);

type Charge = NonNullable<StoredPayment['charge']>;
const here = (market: TestMarketplace, id: string, change: object) =>
  plant<StoredPayment>(market, 'payments', id, ({ charge }) => ({
    charge: { ...(charge as Charge), ...change },
  }));

const held = { status: 'authorized', captureBefore: Number.MAX_SAFE_INTEGER };
const disputed = { id: 'du_1', status: 'open', amount: 4990, reason: 'fraudulent' };
const unrefunded = { stripeRefundId: null, refund: undefined };

/** A payment that was opened, paid and, if so, taken past the services. */
async function paidBeside(market: TestMarketplace, orderId: string, isTaken = true) {
  const { gateway } = market.platform;
  const { id } = await gateway.open({ key: 'beside', orderId, amount: 700, currency: 'usd' });
  await gateway.confirm(id, 'pm_card_visa', 'beside', orderId);
  if (isTaken) await gateway.capture(id, 'beside');
  return id;
}

/** A paid order, and one that the buyer has cancelled before paying. */
async function openTraded() {
  const held = await openHeld();
  const { market, seller, buyer, order } = held;
  const { body: charge } = await buyer.pay(order.id);
  const cancelled = await buyer.holds((await seller.sells('Another seat')).id);
  await buyer.cancel(cancelled.id);
  await market.settled();
  const payment = { payment: `${charge.stripeId}` };
  return { ...held, ...payment, cancelled: cancelled.id };
}

type Traded = Awaited<ReturnType<typeof openTraded>>;

/** Cancels an order whose money has just been taken, and lets the service refund it. */
async function givenBack({ market, seller, buyer, gateway }: Traded) {
  const order = await buyer.holds((await seller.sells('A third seat')).id);
  const late = gateway.hold('after', 'confirm');
  const paying = buyer.pay(order.id, TAKES_AT_ONCE);
  await late.reached;
  await buyer.cancel(order.id);
  late.release();
  await paying;
  expect(await healed(market)).toEqual([]);
  const { stripeId, stripeRefundId } = await buyer.seesCharge(order.id);
  return { id: order.id, payment: `${stripeId}`, refund: `${stripeRefundId}` };
}

const TAKES_AT_ONCE = 'pm_fairseat_takesAtOnce';

it('nothing differs after trades of all kinds, and all payments were looked at', async () => {
  const traded = await openTraded();
  await using market = traded.market;
  await givenBack(traded);
  await traded.other.pay(
    (await traded.other.holds((await traded.seller.sells()).id)).id,
    'pm_card_chargeDeclined',
  );
  expect(await healed(market)).toEqual([]);
  expect(await found(market)).toEqual({ looked: 3, differences: [] });
  const later = market.clock.now() + 2 * 60 * 60_000;
  expect(await found(market, later)).toEqual({ looked: 0, differences: [] });
});

it.each<[string, (traded: Traded) => Promise<unknown>, (traded: Traded) => string]>([
  [
    'money that nobody knows of',
    ({ market }) => paidBeside(market, 'f'.repeat(32)),
    () =>
      `order ${'f'.repeat(32)}, payment pi_test_\\w+: 700 usd were taken that no charge knows of. There is no such order`,
  ],
  [
    'money for an order that is paid already',
    ({ market, order }) => paidBeside(market, order.id),
    ({ payment }) =>
      `700 usd .* no charge knows of. Its order is completed, and is paid by ${payment}`,
  ],
  [
    'another amount',
    ({ market, payment }) => atGateway(market, payment, { amount: 4991 }),
    () => 'it is of 4991 usd at the gateway, and the charge of 4990 usd',
  ],
  [
    'another currency',
    ({ market, payment }) => atGateway(market, payment, { currency: 'eur' }),
    () => 'it is of 4990 eur at the gateway, and the charge of 4990 usd',
  ],
  [
    'a completed charge whose payment took nothing',
    ({ market, payment }) => atGateway(market, payment, { status: 'cancelled' }),
    () => 'it is cancelled at the gateway, and the charge of 4990 usd is completed',
  ],
  [
    'a completed charge whose money is only held',
    ({ market, payment }) => atGateway(market, payment, held),
    () => '4990 usd are held, and the charge is completed',
  ],
  [
    'a payment that the gateway does not list',
    ({ market, order }) => here(market, order.id, { stripeId: 'pi_of_another_account' }),
    ({ order }) =>
      `order ${order.id}, payment pi_of_another_account: the gateway lists no such payment`,
  ],
])('%s is named, and left to a person', async (_, plantIt, line) => {
  const traded = await openTraded();
  await using market = traded.market;
  await plantIt(traded);
  const { differences } = await found(market);
  expect(differences.map((each) => each.line).join('\n')).toMatch(new RegExp(line(traded)));
  expect(differences.filter(({ mend }) => mend)).toEqual([]);
});

/** What an operator gives back of a completed order breaks a rule that services never do. */
const GIVEN_AWAY = [expect.stringContaining('is completed without the money')];

it.each<[string, (traded: Traded) => Promise<unknown>, string, string[]?]>([
  [
    'money that was taken for a charge that is open',
    ({ market, order }) => here(market, order.id, { status: 'created' }),
    '4990 usd were taken, and the charge is created. The charge takes that over',
  ],
  [
    'money that was taken for a charge that does not know its payment',
    ({ market, order }) => here(market, order.id, { status: 'created', stripeId: null }),
    '4990 usd were taken that no charge knows of. The charge takes that over',
  ],
  [
    'a refund of a cancelled order that was made elsewhere',
    async (traded) => {
      const { id } = await givenBack(traded);
      await here(traded.market, id, { ...unrefunded });
    },
    'of 4990 usd is succeeded, which the charge does not know. The charge takes that over',
  ],
  [
    'money of a cancelled order that nobody gave back',
    async (traded) => {
      const { id, payment } = await givenBack(traded);
      await atGateway(traded.market, payment, { refundId: null });
      await here(traded.market, id, { ...unrefunded });
    },
    '4990 usd were taken for a cancelled order. The money is given back',
  ],
  [
    'money of a cancelled order that no charge knows of',
    ({ market, cancelled }) => paidBeside(market, cancelled),
    '700 usd were taken that no charge knows of. The order is cancelled: the money is given back',
  ],
  [
    'a hold that is left over of a cancelled order',
    ({ market, cancelled }) => paidBeside(market, cancelled, false),
    '700 usd are held that no charge knows of. The order is cancelled: the hold is dropped',
  ],
  [
    'a hold that is left over of a charge that is open',
    async (traded) => {
      const { id, payment } = await givenBack(traded);
      await atGateway(traded.market, payment, { ...held, refundId: null });
      await here(traded.market, id, { status: 'created', ...unrefunded });
    },
    '4990 usd are held, and the charge is created. The order is cancelled: the hold is dropped',
  ],
  [
    'a hold that is left over of a charge that has failed',
    async (traded) => {
      const { id, payment } = await givenBack(traded);
      await atGateway(traded.market, payment, { ...held, refundId: null });
      await here(traded.market, id, { status: 'failed', ...unrefunded });
    },
    '4990 usd are held, and the charge is failed. The hold is dropped',
  ],
  [
    'a refund that an operator has made of a completed order',
    ({ market, payment }) => market.platform.gateway.refund(payment, 'beside'),
    'of 4990 usd is succeeded, which the charge does not know. The charge takes that over',
    GIVEN_AWAY,
  ],
  [
    'a part that an operator has given back of a completed order',
    ({ market, payment }) => atGateway(market, payment, { refundId: 're_part', refunded: 90 }),
    'refund re_part of 90 usd is succeeded, which the charge does not know. The charge takes',
    GIVEN_AWAY,
  ],
  [
    'a dispute',
    ({ market, payment }) => atGateway(market, payment, { dispute: disputed }),
    'dispute du_1 is open, which the charge does not know. The charge takes that over',
  ],
  [
    'a payment that is cancelled, of a charge that is open',
    async (traded) => {
      const { id, payment } = await givenBack(traded);
      await atGateway(traded.market, payment, { status: 'cancelled', refundId: null });
      await here(traded.market, id, { status: 'created', ...unrefunded });
    },
    'it is cancelled at the gateway, and the charge of 4990 usd is created. The charge takes',
  ],
])('%s is mended', async (_, plantIt, line, left = []) => {
  const traded = await openTraded();
  await using market = traded.market;
  await plantIt(traded);
  const { differences } = await found(market);
  expect(differences).toMatchObject([{ line: expect.stringContaining(line) }]);
  await differences[0]?.mend?.();
  expect((await found(market)).differences).toEqual([]);
  expect(await healed(market)).toEqual(left);
  // To do it again changes nothing.
  const before = await everything(market);
  await differences[0]?.mend?.();
  expect(await everything(market)).toEqual(before);
  expect(await healed(market)).toEqual(left);
});
