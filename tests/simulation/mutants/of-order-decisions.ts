/** Bugs of the decisions about orders. */
import type { Mutant } from './mutant.ts';

const order = 'services/orders/order.ts';

export const ofOrderDecisions: Mutant[] = [
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
    name: 'timer-without-an-expiry-check',
    shows: 'guard',
    breaks: 'an alarm that rings early by the clock of orders cancels the order',
    file: order,
    find: `return now >= Date.parse(order.expiresAt) ? cancelled('expired', now) : [];`,
    replace: `return now > 0 ? cancelled('expired', now) : [];`,
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
    // Where another holds the ticket by then, its key is taken.
    rules: ['legal states', 'no dead letters'],
  },
  {
    name: 'paid-order-is-cancelled',
    shows: [15],
    breaks: 'a buyer cancels an order that is paid, which frees its ticket',
    file: order,
    find: `    if (order.status === 'completed') {
      throw conflict('order_completed', 'This order is paid and cannot be cancelled.');
    }
    if (isSecured(order)) {
      throw conflict('order_paid', 'This order is being paid and cannot be cancelled any more.');
    }
    return isUnpaid(order) ? cancelled('buyer', now) : [];`,
    replace: `    return isActive(order) ? cancelled('buyer', now) : [];`,
    rules: ['legal states'],
  },
  {
    name: 'declined-card-does-nothing',
    shows: [20],
    breaks: 'a payment that has failed leaves its order waiting',
    file: order,
    find: `isUnpaid(order) || isSecured(order) ? cancelled('payment_failed') : sayEndAgain(order);`,
    replace: `isUnpaid(order) || isSecured(order) ? [] : sayEndAgain(order);`,
    rules: ['what is handled has taken effect'],
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
    name: 'alarm-is-believed-early',
    shows: [4],
    breaks: 'an alarm that comes a second early ends its order',
    file: order,
    find: `now >= Date.parse(order.expiresAt) ?`,
    replace: `now >= Date.parse(order.expiresAt) - 1000 ?`,
    rules: ['an order ends for its reason'],
  },
  {
    name: 'lock-heard-twice-is-told-twice',
    shows: [23],
    breaks:
      'each duplicate of the word that a ticket is held lets its order await payment once more',
    file: order,
    find: `order.status === 'created' ? [{ type: 'order.awaiting_payment' }]`,
    replace: `isUnpaid(order) ? [{ type: 'order.awaiting_payment' }]`,
    rules: ['legal states'],
  },
  {
    name: 'declined-is-called-expired',
    shows: 'guard',
    breaks: 'an order whose card was declined is said to have expired',
    file: order,
    find: `isSecured(order) ? cancelled('payment_failed')`,
    replace: `isSecured(order) ? cancelled('expired')`,
    rules: ['an order ends for its reason'],
  },
  {
    name: 'cancelled-too-early-for-that',
    shows: 'guard',
    breaks: 'cancelling an order that has no lock yet is granted and changes nothing',
    file: order,
    find: `return isUnpaid(order) ? cancelled('buyer', now)`,
    replace: `return order.status === 'awaiting_payment' ? cancelled('buyer', now)`,
    rules: ['an answer is true: DELETE /api/orders/:id'],
  },
];
