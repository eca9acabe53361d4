/** Bugs of the orders and expiration services. */
import type { Mutant } from './mutant.ts';

const order = 'services/orders/order.ts';
const handlers = 'services/orders/handlers.ts';
const service = 'services/orders/service.ts';
const routes = 'services/orders/routes.ts';
const expiration = 'services/expiration/service.ts';

export const ofOrders: Mutant[] = [
  {
    name: 'no-key-on-the-ticket',
    shows: [1],
    breaks: 'nothing keeps two buyers from ordering one ticket at once',
    file: service,
    find: `active_ticket: (order) => (isActive(order) ? order.ticketId : null),`,
    replace: `active_ticket: (order) => (isActive(order) ? order.id : null),`,
    rules: ['one order a ticket'],
  },
  {
    name: 'one-lock-for-a-whole-event',
    shows: [42],
    breaks: 'all tickets of one title are held together',
    file: service,
    find: `active_ticket: (order) => (isActive(order) ? order.ticketId : null),`,
    replace: `active_ticket: (order) => (isActive(order) ? order.ticket.title : null),`,
    rules: ['holds are linearizable'],
  },
  {
    name: 'paid-orders-let-go-of-the-key',
    shows: 'guard',
    breaks: 'a ticket may be ordered again once it is paid, until its sale is known',
    file: service,
    find: `active_ticket: (order) => (isActive(order) ?`,
    replace: `active_ticket: (order) => (isUnpaid(order) ?`,
    rules: ['one order a ticket'],
  },
  {
    name: 'seller-buys-own-ticket',
    shows: [6],
    breaks: 'a seller may order their own ticket',
    file: order,
    find: `if (ticket.userId === request.userId) {`,
    replace: `if (ticket.userId === request.id) {`,
    rules: ['nobody buys from themselves'],
  },
  {
    name: 'no-lock-for-the-first',
    shows: [41],
    breaks: 'an order for a ticket that looks free skips the lock and may be paid at once',
    file: order,
    find: `ticket: terms, status: 'created' },`,
    replace: `ticket: terms, status: ticket.status === 'available' ? 'awaiting_payment' : 'created' },`,
    rules: ['legal states', 'every change is told'],
  },
  {
    name: 'no-second-alarm',
    shows: [7],
    breaks: 'an order whose alarm was lost is never cancelled',
    file: service,
    find: `(limit) => records.due('expires', clock.now() - SWEEP_GRACE_MS, limit)`,
    replace: `async (_limit) => []`,
    rules: ['comes to rest: order … is overdue', 'comes to rest: order … never heard'],
  },
  {
    name: 'alarm-is-not-said',
    shows: [8],
    breaks: 'an alarm is done although nobody could be told of it',
    file: expiration,
    find: `    timers.onFire((orderId) =>
      publish('expiration.elapsed', { id: orderId, version: 1 }, { orderId }),
    );`,
    replace: `    timers.onFire(async (orderId) => {
      publish('expiration.elapsed', { id: orderId, version: 1 }, { orderId }).catch(() => {});
    });`,
    rules: ['an alarm that rang is said'],
  },
  {
    name: 'alarm-for-each-delivery',
    shows: [9],
    breaks: 'an order that is heard of twice gets a second alarm, later than its end',
    file: expiration,
    find: `'order.created': ({ data }) => timers.set(data.id, Date.parse(data.expiresAt)),`,
    replace: `'order.created': ({ data }, { attempt }) =>
          timers.set(data.id, Date.parse(data.expiresAt) + (attempt - 1) * 60_000),`,
    rules: ['an alarm rings for the end of its order'],
  },
  {
    name: 'timer-without-an-expiry-check',
    shows: 'guard',
    breaks: 'an alarm that rings early by the clock of orders cancels the order',
    file: order,
    find: `return now >= Date.parse(order.expiresAt) ? cancelled('expired') : [];`,
    replace: `return now > 0 ? cancelled('expired') : [];`,
    rules: ['an order ends for its reason'],
  },
  {
    name: 'alarm-cancels-what-is-paid',
    shows: 'guard',
    breaks: 'an alarm cancels an order that is paid',
    file: order,
    find: `    if (!isUnpaid(order)) return sayEndAgain(order);
    return now`,
    replace: `    if (!isActive(order)) return sayEndAgain(order);
    return now`,
    rules: ['legal states'],
  },
  {
    name: 'payment-completes-a-cancelled-order',
    shows: [14],
    breaks: 'money that comes late completes an order that was cancelled',
    file: order,
    find: `order.status === 'awaiting_payment' ? [{ type: 'order.completed' }] : sayEndAgain(order);`,
    replace: `order.status !== 'completed' ? [{ type: 'order.completed' }] : sayEndAgain(order);`,
    rules: ['legal states'],
  },
  {
    name: 'paid-order-is-cancelled',
    shows: [15],
    breaks: 'a buyer cancels an order that is paid, which frees its ticket',
    file: order,
    find: `    if (order.status === 'completed') {
      throw conflict('order_completed', 'This order is paid and cannot be cancelled.');
    }
    return isUnpaid(order) ? cancelled('buyer') : [];`,
    replace: `    return isActive(order) ? cancelled('buyer') : [];`,
    rules: ['legal states'],
  },
  {
    name: 'declined-card-does-nothing',
    shows: [20],
    breaks: 'a payment that has failed leaves its order waiting',
    file: order,
    find: `isUnpaid(order) ? cancelled('payment_failed') : sayEndAgain(order);`,
    replace: `isUnpaid(order) ? [] : sayEndAgain(order);`,
    rules: ['what is handled has taken effect'],
  },
  {
    name: 'failure-voids-the-good-order',
    shows: [44],
    breaks: 'a payment that failed for one order cancels the order that holds the ticket now',
    file: handlers,
    find: `      await orders.update(data.orderId, fail);`,
    replace: `      const { ticketId } = await orders.require(data.orderId);
      const active = await orders.getByKey('active_ticket', ticketId);
      await orders.update(active?.id ?? data.orderId, fail);`,
    rules: ['an order ends for its reason'],
  },
  {
    name: 'ends-are-said-once',
    shows: 'guard',
    breaks: 'who speaks of an ended order is not told that it has ended',
    file: order,
    find: `  return status === 'cancelled' && reason ? cancelled(reason) : [];`,
    replace: `  return [];`,
    rules: ['comes to rest'],
  },
  {
    name: 'refusal-is-not-heard',
    shows: 'guard',
    breaks: 'an order whose lock was refused waits for it until its time is over',
    file: order,
    find: `order.status === 'created' ? cancelled('ticket_unavailable') : sayEndAgain(order);`,
    replace: `order.status === 'created' ? [] : sayEndAgain(order);`,
    rules: ['what is handled has taken effect'],
  },
  {
    name: 'cancel-by-a-stranger',
    shows: 'guard',
    breaks: 'anybody may cancel an order',
    file: order,
    find: `    mustBeBuyer(order, userId);
    if (order.status`,
    replace: `    if (order.status`,
    rules: ['an order ends for its reason', 'an answer is true'],
  },
  {
    name: 'orders-are-open-to-all',
    shows: 'guard',
    breaks: 'anybody may look at an order',
    file: routes,
    find: `        mustBeBuyer(order, sessionOf(request).userId);
`,
    replace: ``,
    rules: ['an answer is true'],
  },
  {
    name: 'orders-of-all-are-listed',
    shows: 'guard',
    breaks: 'the list of orders shows those of everybody',
    file: routes,
    find: `          where: { buyer: sessionOf(request).userId },
`,
    replace: ``,
    rules: ['an answer is true'],
  },
  {
    name: 'ended-orders-fall-out-of-the-list',
    shows: 'guard',
    breaks: 'the list of orders leaves out those that were cancelled',
    file: service,
    find: `buyer: (order) => order.userId,`,
    replace: `buyer: (order) => (isActive(order) ? order.userId : null),`,
    rules: ['a list is whole'],
  },
  {
    name: 'version-gap-wedges-the-replica',
    shows: [24],
    breaks: 'what orders knows of a ticket waits for every version in turn',
    file: handlers,
    find: `  const keepListing = ({ data }: TicketEvent) => listings.keepNewest(data);`,
    replace: `  const keepListing = async ({ data }: TicketEvent) => {
    const known = await listings.get(data.id);
    if (known && data.version > known.version + 1) throw new Error('a version is missing');
    await listings.keepNewest(data);
  };`,
    rules: ['handlers do not fail'],
  },
  {
    name: 'listing-is-not-awaited',
    shows: [22],
    breaks:
      'news of a ticket are acknowledged before they are kept, and a failure of that is swallowed',
    file: handlers,
    find: `  const keepListing = ({ data }: TicketEvent) => listings.keepNewest(data);`,
    replace: `  const keepListing = async ({ data }: TicketEvent) => {
    listings.keepNewest(data).catch(() => {});
  };`,
    rules: [
      'what is handled has taken effect',
      'comes to rest: stale listing',
      'comes to rest: orders does not know',
    ],
  },
  {
    name: 'withdrawals-are-not-heard',
    shows: 'guard',
    breaks: 'orders does not learn that a ticket was withdrawn',
    file: handlers,
    find: `    'ticket.withdrawn': keepListing,
`,
    replace: ``,
    rules: ['comes to rest: stale listing'],
  },
  {
    name: 'no-wait-for-a-new-ticket',
    shows: 'guard',
    breaks: 'a ticket that was just listed cannot be bought yet',
    file: routes,
    find: `const LISTING_WAIT_MS = 1000;`,
    replace: `const LISTING_WAIT_MS = 0;`,
    rules: ['an answer is true: not_found'],
  },
  {
    name: 'hold-lasts-too-long',
    shows: 'guard',
    breaks: 'the time to pay is counted in minutes instead of seconds',
    file: routes,
    find: `now + config.orderExpirationSeconds * 1000`,
    replace: `now + config.orderExpirationSeconds * 60_000`,
    rules: ['a hold lasts as long as it is set to'],
  },
];
