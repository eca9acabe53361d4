/** One purchase, from the listing to the sale or another end. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { Everything } from '@fairseat/test-support/invariants';
import type { Person } from './person.ts';

const LOOK_AGAIN_MS = 150;
const HESITATION_MS = 3000;

/** Checks in the stored records that something acknowledged was kept. Returns the violation, if any. */
export type Promised = (stored: Everything) => string | undefined;

interface Purchase {
  number: number;
  title: string;
  seller: Person;
  buyers: Person[];
  /** Buys the ticket after a cancelled order. */
  later: Person;
  /** @see Person.ask */
  deadline: number;
  promise: (promised: Promised) => void;
}

/** The fate of a purchase, by its number modulo 20; the others simply succeed. */
type Fate = 'abandoned' | 'cancelled' | 'declined' | 'answer lost' | 'hesitant';
const fates: Record<number, Fate> = {
  3: 'abandoned',
  1: 'cancelled',
  7: 'cancelled',
  11: 'declined',
  15: 'answer lost',
};

/** Returns whether the ticket was sold. @throws when it is neither sold nor free again by the deadline. */
export async function purchase(its: Purchase): Promise<boolean> {
  const { number, title, seller, buyers, later, deadline, promise } = its;
  const { body: ticket } = await seller.ask<TicketRecord>(
    { method: 'POST', path: '/api/tickets', body: { title, price: 1000 + (number % 1000) } },
    deadline,
  );
  promise(({ tickets }) => {
    const found = tickets.filter((each) => each.title === title).length;
    return found === 1 ? undefined : `ticket "${title}" is there ${found} times`;
  });
  const fate = fates[number % 20];
  const outcomes = await Promise.all(buyers.map((buyer) => buy(its, ticket, buyer, fate)));
  // Late events of the first order must not free the ticket of the next.
  if (fate === 'cancelled') return buy(its, ticket, later, 'hesitant');
  return outcomes.includes(true);
}

async function buy(
  its: Purchase,
  ticket: TicketRecord,
  buyer: Person,
  fate?: Fate,
): Promise<boolean> {
  const { deadline, promise } = its;
  const placed = await buyer.ask<OrderRecord>(
    {
      method: 'POST',
      path: '/api/orders',
      body: { ticketId: ticket.id },
      headers: { prefer: 'wait=3' },
    },
    deadline,
  );
  if (placed.status !== 201) return false;
  const { id, userId } = placed.body;
  promise(({ orders }) => {
    const own = orders.filter((each) => each.ticketId === ticket.id && each.userId === userId);
    return own.length === 1 ? undefined : `order ${id} is there ${own.length} times`;
  });
  const held = await until(
    () => buyer.get<OrderRecord>(`/api/orders/${id}`, deadline),
    ({ status }) => status !== 'created',
    deadline,
  );
  if (held.status !== 'awaiting_payment' || fate === 'abandoned') return false;
  if (fate === 'cancelled') return cancel(its, buyer, id);
  if (fate === 'hesitant') await pause(HESITATION_MS);
  if (!(await pay(its, buyer, id, fate))) return false;
  const ended = await until(
    () => buyer.get<OrderRecord>(`/api/orders/${id}`, deadline),
    ({ status }) => status === 'completed' || status === 'cancelled',
    deadline,
  );
  if (ended.status !== 'completed') return false;
  promise(({ orders }) => {
    const order = orders.find((each) => each.id === id);
    return order?.status === 'completed' ? undefined : `the end of order ${id} was lost`;
  });
  await until(
    () => buyer.get<TicketRecord>(`/api/tickets/${ticket.id}`, deadline),
    ({ status }) => status === 'sold',
    deadline,
  );
  return true;
}

async function cancel({ deadline, promise }: Purchase, buyer: Person, id: string) {
  const { status } = await buyer.ask({ method: 'DELETE', path: `/api/orders/${id}` }, deadline);
  if (status !== 204) return false;
  promise(({ orders }) => {
    const order = orders.find((each) => each.id === id);
    return order?.status === 'cancelled' ? undefined : `the cancelling of ${id} was lost`;
  });
  return false;
}

const tokens: Partial<Record<Fate, string>> = {
  declined: 'pm_card_chargeDeclined',
  'answer lost': 'pm_fairseat_answerLost',
};

/** Returns whether money was taken, or may yet be. */
async function pay(
  { deadline, promise }: Purchase,
  buyer: Person,
  orderId: string,
  fate?: Fate,
): Promise<boolean> {
  const token = (fate && tokens[fate]) ?? 'pm_card_visa';
  const body = { orderId, token };
  for (;;) {
    const { status, body: answer } = await buyer.ask<ChargeRecord>(
      { method: 'POST', path: '/api/payments', body },
      deadline,
    );
    if (status === 201 && answer.status === 'completed') {
      promise(({ payments }) => {
        const charge = payments.find(({ id }) => id === orderId)?.charge;
        return charge?.status === 'completed' ? undefined : `the payment of ${orderId} was lost`;
      });
    }
    if (status === 201) return true;
    // payments may not have received yet that the order awaits payment.
    if (answer.code !== 'not_awaiting_payment') return answer.code === 'payment_in_progress';
    const { body: order } = await buyer.get<OrderRecord>(`/api/orders/${orderId}`, deadline);
    if (order.status !== 'awaiting_payment') return false;
    if (Date.now() > deadline)
      throw new Error(`payments never received that ${orderId} awaits payment`);
    await pause(LOOK_AGAIN_MS);
  }
}

async function until<T>(
  look: () => Promise<{ body: T }>,
  isSo: (record: T) => boolean,
  deadline: number,
): Promise<T> {
  for (;;) {
    const { body } = await look();
    if (isSo(body)) return body;
    if (Date.now() > deadline)
      throw new Error(`by the deadline it was still ${JSON.stringify(body)}`);
    await pause(LOOK_AGAIN_MS);
  }
}
