/** Readable names in place of ids: person 3, ticket A, order A1. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Stored } from '@fairseat/common/contracts/shared';
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';

/** Matches ids, with a noun before them, which the name repeats. */
const ID = /(?:\b(?:ticket|order|payment) )?(pi_test_[0-9a-f]{32}|[0-9a-f]{32})/g;

export class Names {
  readonly #names = new Map<string, string>();
  /** The letter of each ticket, and the number of its orders so far. */
  readonly #tickets = new Map<string, { letter: string; orders: number }>();

  /** Names each new record. */
  learn(entry: Entry): void {
    if (entry.kind !== 'write') return;
    const { table, before, after } = entry;
    if (table === 'payments_payments') this.#learnPayment(after as StoredPayment);
    if (before !== undefined) return;
    if (table === 'tickets_tickets') this.#learnTicket(after);
    if (table === 'orders_orders') this.#learnOrder(after as OrderRecord);
    if (table === 'auth_users') {
      const [name = ''] = (after as Stored & { email: string }).email.split('@');
      this.#names.set(after.id, name.replace('-', ' '));
    }
  }

  /** Replaces the ids in a text by names. */
  in(text: string): string {
    return text.replace(ID, (_, id: string) => this.#names.get(id) ?? `${id.slice(0, 12)}…`);
  }

  #learnTicket({ id }: Stored) {
    const number = this.#tickets.size;
    const round = number < 26 ? '' : String(Math.floor(number / 26) + 1);
    const letter = String.fromCharCode(65 + (number % 26)) + round;
    this.#tickets.set(id, { letter, orders: 0 });
    this.#names.set(id, `ticket ${letter}`);
  }

  #learnOrder({ id, ticketId }: OrderRecord) {
    const ticket = this.#tickets.get(ticketId);
    if (ticket === undefined) return;
    ticket.orders += 1;
    this.#names.set(id, `order ${ticket.letter}${ticket.orders}`);
  }

  #learnPayment({ id, charge }: StoredPayment) {
    const order = this.#names.get(id);
    if (charge?.stripeId && order) {
      this.#names.set(charge.stripeId, order.replace('order', 'payment'));
      this.#names.set(charge.id, order.replace('order', 'charge'));
    }
  }
}
