/** `kill -9` of the real process under load, again and again, on one data folder. */
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { seeded } from '@fairseat/common/testing';
import { openEmbedded } from '@fairseat/platform/embedded';
import { type Everything, readEverything, violations } from '@fairseat/test-support/invariants';
import {
  Caller,
  type Process,
  startProcess,
  temporaryFolder,
} from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const ROUNDS = 6;
const ACTORS = 12;
const HOLD_SECONDS = 2;

/** Checks in the stored records that a promise was kept. Returns the violation, if any. */
type Promised = (stored: Everything) => string | undefined;

interface Market {
  tickets: TicketRecord[];
  promised: Promised[];
  answers: number;
}

/** Buys and sells until the process is gone, and remembers the promise in each answer. */
class Actor {
  readonly #caller: Caller;
  readonly #random: () => number;
  readonly #market: Market;

  constructor(caller: Caller, random: () => number, market: Market) {
    this.#caller = caller;
    this.#random = random;
    this.#market = market;
  }

  async act(): Promise<void> {
    while (await this.#step());
  }

  /** Returns false when no answer came, since then the process is gone. */
  async #step(): Promise<boolean> {
    const choice = this.#random();
    const ticket = this.#any(this.#market.tickets);
    if (!ticket || choice < 0.3) return this.#list();
    if (choice < 0.4) return this.#edit(ticket);
    return this.#buy(ticket);
  }

  async #list() {
    const price = 1 + Math.floor(this.#random() * 9999);
    const reply = await this.#send<TicketRecord>('POST', '/api/tickets', { title: 'Seat', price });
    if (reply?.status !== 201) return reply !== undefined;
    const { id } = reply.body;
    this.#market.tickets.push(reply.body);
    this.#promise(({ tickets }) =>
      tickets.some((each) => each.id === id) ? undefined : `ticket ${id} was lost`,
    );
    return true;
  }

  async #edit({ id, price }: TicketRecord) {
    const reply = await this.#send<TicketRecord>('PUT', `/api/tickets/${id}`, {
      title: 'Seat, edited',
      price,
    });
    if (reply?.status !== 200) return reply !== undefined;
    this.#promise(({ tickets }) => {
      const title = tickets.find((each) => each.id === id)?.title;
      return title === 'Seat, edited' ? undefined : `the edit of ${id} was lost`;
    });
    return true;
  }

  async #buy(ticket: TicketRecord) {
    const placed = await this.#send<OrderRecord>(
      'POST',
      '/api/orders',
      { ticketId: ticket.id },
      { prefer: 'wait=2' },
    );
    if (placed?.status !== 201) return placed !== undefined;
    const { id } = placed.body;
    this.#promise(({ orders }) =>
      orders.some((order) => order.id === id) ? undefined : `order ${id} was lost`,
    );
    const choice = this.#random();
    if (choice < 0.15) return true;
    return choice < 0.3 ? this.#cancel(id) : this.#pay(id);
  }

  async #cancel(orderId: string) {
    const reply = await this.#send('DELETE', `/api/orders/${orderId}`);
    if (reply?.status !== 204) return reply !== undefined;
    this.#promise(({ orders }) => {
      const order = orders.find(({ id }) => id === orderId);
      return order?.status === 'cancelled' ? undefined : `the cancelling of ${orderId} was lost`;
    });
    return true;
  }

  async #pay(orderId: string) {
    const token = this.#any([
      'pm_card_visa',
      'pm_card_visa',
      'pm_card_chargeDeclined',
      'pm_fairseat_answerLost',
    ]);
    const reply = await this.#send<ChargeRecord>('POST', '/api/payments', { orderId, token });
    if (reply?.status !== 201 || reply.body.status !== 'completed') return reply !== undefined;
    this.#promise(({ payments }) => {
      const charge = payments.find(({ id }) => id === orderId)?.charge;
      return charge?.status === 'completed' ? undefined : `the payment of ${orderId} was lost`;
    });
    return true;
  }

  async #send<T>(...request: Parameters<Caller['send']>) {
    const reply = await this.#caller.send<T>(...request);
    if (reply) this.#market.answers += 1;
    if (reply && reply.status >= 500) throw new Error(`answered ${JSON.stringify(reply)}`);
    return reply;
  }

  #promise(promised: Promised) {
    this.#market.promised.push(promised);
  }

  #any<T>(items: T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }
}

/** Waits until no event is on its way and nothing is held or owed any more. */
async function quiet(fairseat: Process, callers: Caller[]) {
  const open = async () => {
    const metrics = await (await fetch(`${fairseat.url}/metrics`)).text();
    const backlog = [...metrics.matchAll(/^fairseat_event_backlog\{.*\} (\d+)$/gm)];
    const waiting = backlog.reduce((sum, [, events]) => sum + Number(events), 0);
    const orders = await Promise.all(
      callers.map((caller) =>
        caller.send<{ orders: OrderRecord[] }>('GET', '/api/orders?limit=100'),
      ),
    );
    const unpaid = orders
      .flatMap((reply) => reply?.body.orders ?? [])
      .filter(({ status }) => status === 'created' || status === 'awaiting_payment');
    return waiting + unpaid.length;
  };
  await expect.poll(open, { interval: 100 }).toBe(0);
}

describe('a process killed with -9 under load', () => {
  it.each([1, 2])(
    'keeps every promise and every invariant (seed %i)',
    { timeout: 90_000 },
    async (seed) => {
      using folder = temporaryFolder();
      const env = { DATA_DIR: folder.path, ORDER_EXPIRATION_SECONDS: String(HOLD_SECONDS) };
      const random = seeded(seed);
      const market: Market = { tickets: [], promised: [], answers: 0 };
      let fairseat = await startProcess(env);
      const callers = await Promise.all(
        Array.from({ length: ACTORS }, (_, n) =>
          new Caller(fairseat.url ?? '').signUp(`actor-${n}@example.com`),
        ),
      );

      for (let round = 0; round < ROUNDS; round++) {
        const killAt = market.answers + 30 + Math.floor(random() * 400);
        const acting = callers.map((caller) => {
          caller.url = fairseat.url ?? '';
          return new Actor(caller, random, market).act();
        });
        await expect.poll(() => market.answers >= killAt, { interval: 1 }).toBe(true);
        expect(await fairseat.end('SIGKILL')).toBe('SIGKILL');
        await Promise.all(acting);
        fairseat = await startProcess(env);
        expect(fairseat.url, fairseat.output().stderr).toBeDefined();
      }

      for (const caller of callers) caller.url = fairseat.url ?? '';
      await quiet(fairseat, callers);
      // Refunds and voids follow within a few seconds.
      await expect.poll(() => left(callers), { interval: 250 }).toEqual(0);
      expect(await fairseat.end('SIGTERM')).toBe(0);

      const platform = openEmbedded({ dataDir: folder.path });
      const stored = await readEverything(platform);
      expect({ seed, broken: market.promised.map((kept) => kept(stored)).filter(Boolean) }).toEqual(
        {
          seed,
          broken: [],
        },
      );
      expect({ seed, violations: await violations(platform, Date.now()) }).toEqual({
        seed,
        violations: [],
      });
      expect(stored.orders.filter(({ status }) => status === 'completed').length).toBeGreaterThan(
        10,
      );
      await platform.close();
    },
  );
});

/** Charges of cancelled orders that are neither failed nor refunded yet. */
async function left(callers: Caller[]): Promise<number> {
  let open = 0;
  for (const caller of callers) {
    const orders = await caller.send<{ orders: OrderRecord[] }>('GET', '/api/orders?limit=100');
    const cancelled = (orders?.body.orders ?? []).filter(({ status }) => status === 'cancelled');
    for (const { id } of cancelled) {
      const reply = await caller.send<ChargeRecord>('GET', `/api/payments/${id}`);
      if (reply?.status !== 200) continue;
      const { status, stripeRefundId } = reply.body;
      if (status === 'created' || (status === 'completed' && !stripeRefundId)) open += 1;
    }
  }
  return open;
}
