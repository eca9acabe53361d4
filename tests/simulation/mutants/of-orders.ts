/** Bugs of the orders and expiration services, except for their decisions. */
import type { Mutant } from './mutant.ts';

const handlers = 'services/orders/handlers.ts';
const service = 'services/orders/service.ts';
const holds = 'services/orders/holds.ts';
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
    // Who meets the key finds nobody who holds the ticket, each time.
    rules: ['holds are linearizable', 'no unexpected error'],
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
    name: 'no-second-alarm',
    shows: [7],
    breaks: 'an order whose alarm was lost is never cancelled',
    file: service,
    find: `(limit) => records.due('expires', clock.now() - SWEEP_GRACE_MS, limit)`,
    replace: `async (_limit) => []`,
    rules: [
      'comes to rest: order … is overdue',
      'comes to rest: order … never heard',
      'an order ends in time',
    ],
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
  {
    name: 'wait-is-ignored',
    shows: 'guard',
    breaks: 'who asks to wait for the lock is answered before it',
    file: routes,
    find: `seconds > 0 ? await`,
    replace: `seconds < 0 ? await`,
    rules: ['a healthy system serves', 'an answer is true: POST /api/orders'],
  },
  {
    name: 'refused-order-is-given',
    shows: 'guard',
    breaks: 'an order that was refused its ticket is given to its buyer as placed',
    file: routes,
    find: `if (order.reason === 'ticket_unavailable') {`,
    replace: `if (order.reason === 'ticket_unavailable' && waitMs < 0) {`,
    rules: ['an answer is true: POST /api/orders'],
  },
  {
    name: 'holder-is-whoever-asks',
    shows: 'guard',
    breaks: 'a buyer is told that they hold the ticket which another holds',
    file: holds,
    find: `holder?.userId === userId`,
    replace: `holder`,
    rules: ['holds are linearizable'],
  },
  {
    name: 'sweep-comes-late',
    shows: 'guard',
    breaks: 'an order whose alarm is lost ends a minute late',
    file: service,
    find: `SWEEP_GRACE_MS = 2000`,
    replace: `SWEEP_GRACE_MS = 60_000`,
    rules: ['an order ends in time'],
  },
  {
    name: 'sweep-passes-new-orders-by',
    shows: 'guard',
    breaks: 'an order without its lock ends by its alarm only',
    file: service,
    find: `(isUnpaid(order) ? Date`,
    replace: `(order.status === 'awaiting_payment' ? Date`,
    rules: ['comes to rest', 'an order ends in time'],
  },
  {
    name: 'alarm-for-the-beginning',
    shows: 'guard',
    breaks: 'the alarm of an order is set to the time it was placed',
    file: expiration,
    find: `Date.parse(data.expiresAt)`,
    replace: `Date.parse(data.createdAt)`,
    rules: ['an alarm rings for the end of its order'],
  },
];
