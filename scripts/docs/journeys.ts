/** The journeys that are recorded for the reference: what people do, in the order in which they do it. */
import type { Stage } from './record.ts';

export interface Journey {
  /** The name of its page. */
  name: string;
  title: string;
  tells: string;
  run(stage: Stage): Promise<unknown>;
}

const PRICE = 4990;
const list = ({ seller }: Stage) => seller.lists('Front row, seat 7', PRICE);

/** A ticket that its buyer holds; recorded from then on. */
async function hold(stage: Stage) {
  const ticket = await list(stage);
  const order = await stage.buyer.orders(ticket, PRICE);
  await stage.settled();
  stage.begin();
  return { ticket, order };
}

export const journeys: Journey[] = [
  {
    name: 'purchase',
    title: 'A purchase',
    tells:
      'A ticket is listed, held for its buyer and paid for. The money is held first, and taken once the order is secured.',
    async run(stage) {
      stage.begin();
      const ticket = await list(stage);
      await stage.settled();
      const order = await stage.buyer.orders(ticket, PRICE);
      await stage.buyer.pays(order, 'pm_card_visa');
    },
  },
  {
    name: 'decline',
    title: 'A declined card',
    tells: 'The bank declines the card, so the order ends and the ticket is for sale again.',
    async run(stage) {
      const { order } = await hold(stage);
      await stage.buyer.pays(order, 'pm_card_chargeDeclined');
    },
  },
  {
    name: 'expiry',
    title: 'A hold that runs out',
    tells: 'Nobody pays within the time of the hold, so the ticket is for sale again.',
    async run(stage) {
      await hold(stage);
      await stage.passes(15);
    },
  },
  {
    name: 'race-lost',
    title: 'A race for one ticket',
    tells:
      'Two buyers want the same ticket at the same moment: one holds it, the other is told at once.',
    async run(stage) {
      const ticket = await list(stage);
      await stage.settled();
      stage.begin();
      await Promise.all([stage.buyer.orders(ticket, PRICE), stage.other.orders(ticket, PRICE)]);
    },
  },
  {
    name: 'price-changed',
    title: 'A price that has changed',
    tells: 'The seller has changed the price since the buyer saw it, so nothing is ordered.',
    async run(stage) {
      const ticket = await list(stage);
      await stage.settled();
      stage.begin();
      await stage.seller.edits(ticket, 'Front row, seat 7', 2 * PRICE);
      await stage.settled();
      await stage.buyer.orders(ticket, PRICE);
    },
  },
  {
    name: 'lock-refused',
    title: 'A price that changes at the same moment',
    tells:
      'Orders has not heard of the new price yet, so it takes the order; tickets knows better and refuses the lock, and the order ends.',
    async run(stage) {
      const ticket = await list(stage);
      await stage.settled();
      stage.begin();
      await Promise.all([
        stage.seller.edits(ticket, 'Front row, seat 7', 2 * PRICE),
        stage.buyer.orders(ticket, PRICE),
      ]);
    },
  },
  {
    name: 'cancel',
    title: 'A buyer who lets go',
    tells: 'The buyer cancels before paying, so the ticket is for sale again.',
    async run(stage) {
      const { order } = await hold(stage);
      await stage.buyer.cancels(order);
    },
  },
  {
    name: 'late-payment',
    title: 'A payment that comes too late',
    tells:
      'The bank asks the buyer, who answers after the hold has run out: the payment is void by then, and no money moves.',
    async run(stage) {
      const { order } = await hold(stage);
      const asked = await stage.buyer.pays(order, 'pm_card_authenticationRequired');
      await stage.passes(15);
      await stage.buyer.approves(asked);
    },
  },
  {
    name: '3-d-secure',
    title: 'A bank that asks the buyer (3-D Secure)',
    tells: 'The bank wants the buyer to confirm the payment; then it goes on as any other.',
    async run(stage) {
      const { order } = await hold(stage);
      const asked = await stage.buyer.pays(order, 'pm_card_authenticationRequired');
      await stage.settled();
      await stage.buyer.approves(asked);
    },
  },
  {
    name: 'refund',
    title: 'Money that is given back',
    tells:
      'A bank transfer cannot be held and takes its time. The buyer cancels meanwhile, so the money is given back when it comes.',
    async run(stage) {
      const { order } = await hold(stage);
      await stage.buyer.pays(order, 'pm_fairseat_processing');
      await stage.settled();
      await stage.buyer.cancels(order);
      await stage.passes(10);
    },
  },
  {
    name: 'restore',
    title: 'A database that goes back',
    tells:
      'The database of orders is put back to a backup from before the payment. What orders published since is on the bus: it takes its records back from there, says them again, and nobody loses money or a ticket.',
    async run(stage) {
      const ticket = await list(stage);
      const order = await stage.buyer.orders(ticket, PRICE);
      await stage.settled();
      const putBack = stage.backUp('orders');
      await stage.buyer.pays(order, 'pm_card_visa');
      await stage.settled();
      stage.begin();
      await putBack();
      await stage.passes(2);
    },
  },
  {
    name: 'sign-out',
    title: 'Signing out',
    tells: 'The session ends at every service, not at the browser alone.',
    async run(stage) {
      stage.begin();
      await stage.buyer.signsOut();
    },
  },
];
