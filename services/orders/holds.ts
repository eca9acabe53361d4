/** How many tickets a buyer may hold unpaid, and how often the same one: decided by unique keys alone. */
import { conflict, DuplicateKey, Problem, VersionConflict } from '@fairseat/common/errors';
import type { Records, ServiceContext } from '@fairseat/common/kit';
import { type Claim, holdOf, type Order, type OrderFact, placeOf } from './order.ts';

/** Each attempt but the first was lost to another request of the same buyer, or to a holder who has gone since. */
const MAX_ATTEMPTS = 20;
/** Ids end with digits that spread requests over the places, so that few meet a place that is taken. */
const SPREAD_DIGITS = 8;

/** The order that a buyer wants to place. */
type Wanted = Pick<Order, 'id' | 'ticketId' | 'userId'>;

export function createHolds(orders: Records<Order, OrderFact>, context: ServiceContext) {
  const { clock, config } = context;
  const { rateLimits, maxHolds, holdPauses } = config;
  const places = Array.from({ length: maxHolds }, (_, index) => index + 1);

  /**
   * Creates an order with a place of its buyer, and the number of their hold of its ticket.
   * @throws Problem (409) when the ticket is held, all places are taken, or a pause is not over.
   */
  return async function hold(wanted: Wanted, create: (claim?: Claim) => Promise<Order>) {
    const spread = Number.parseInt(wanted.id.slice(-SPREAD_DIGITS), 16) % maxHolds;
    let claim: Claim | undefined = rateLimits ? { place: spread + 1, hold: 0 } : undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await create(claim);
      } catch (error) {
        if (!(error instanceof DuplicateKey)) throw error;
        await refuseHeld(wanted, claim === undefined);
        if (attempt === MAX_ATTEMPTS) {
          throw new VersionConflict('others came first every time', { cause: error });
        }
        claim = { hold: await nextHold(wanted), place: await freePlace(wanted) };
      }
    }
  };

  async function refuseHeld({ ticketId, userId }: Wanted, isCertain: boolean) {
    const holder = await orders.getByKey('active_ticket', ticketId);
    if (holder?.userId === userId) {
      throw conflict('already_yours', `You hold this ticket already, by your order ${holder.id}.`);
    }
    if (!holder && !isCertain) return;
    throw conflict('ticket_reserved', 'Another buyer holds this ticket. Try again in a while.');
  }

  async function freePlace(wanted: Wanted): Promise<number> {
    const taken = await Promise.all(
      places.map((place) => orders.getByKey('claim', placeOf(wanted, place))),
    );
    const free = places.find((_, index) => taken[index] === undefined);
    if (free !== undefined) return free;
    throw conflict(
      'too_many_holds',
      `You may hold ${maxHolds} unpaid tickets at once. Pay for one of them or let one go.`,
      { orders: taken.flatMap((order) => (order ? [shown(order)] : [])) },
    );
  }

  async function nextHold(wanted: Wanted): Promise<number> {
    const { next, last } = await endOf((hold) => orders.getByKey('claim', holdOf(wanted, hold)));
    // One that is unpaid yet has just taken the ticket.
    if (last?.letGoAt === undefined) return next;
    const pauseSeconds = holdPauses[Math.min(next, holdPauses.length) - 1] as number;
    const waitMs = last.letGoAt + pauseSeconds * 1000 - clock.now();
    if (waitMs <= 0) return next;
    throw new Problem(
      409,
      'held_too_often',
      'You have held this ticket before and did not pay for it. Leave it to others for a while.',
      { retryAfterSeconds: Math.ceil(waitMs / 1000) },
    );
  }
}

/** The first number that is free, and the record before it. There are no gaps, so that few are asked for. */
async function endOf(find: (number: number) => Promise<Order | undefined>) {
  let last: Order | undefined;
  let [taken, next] = [-1, 0];
  for (let found = await find(next); found; found = await find(next)) {
    [taken, last] = [next, found];
    next = 2 * next + 1;
  }
  while (next - taken > 1) {
    const middle = Math.floor((taken + next) / 2);
    const found = await find(middle);
    if (found) [taken, last] = [middle, found];
    else next = middle;
  }
  return { next, last };
}

function shown({ requestHash: _, place: __, hold: ___, letGoAt: ____, ...order }: Order) {
  return order;
}
