/** Bugs that only the later faults show, and what else the whole plans have. */
import type { Mutant } from './mutant.ts';

const aftermath = 'services/payments/aftermath.ts';
const changes = 'packages/common/src/kit/decide/changes.ts';
const decisions = 'services/payments/decisions.ts';
const delivery = 'packages/platform/src/delivery.ts';
const environment = 'packages/platform/src/simulated/environment.ts';
const group = 'packages/platform/src/simulated/group.ts';
const liveRoutes = 'services/live/routes.ts';
const simulatedProcess = 'packages/platform/src/simulated/process.ts';

const bugs: Omit<Mutant, 'troubles'>[] = [
  {
    name: 'durations-by-the-wall-clock',
    shows: 'guard',
    breaks: 'durations are measured by a clock that is set forward and back',
    file: simulatedProcess,
    find: `    monotonic: () => queue.nowMs,`,
    replace: `    monotonic: () => queue.nowMs + Math.round(skew(queue.nowMs)),`,
    rules: ['an answer is true: not_found'],
  },
  {
    name: 'full-disk-refuses-reads',
    shows: 'guard',
    breaks: 'what is saved cannot be read while a disk takes no writes',
    file: environment,
    find: `      .filter(({ ofWrites }) => !ofWrites || asked.isWrite)\n`,
    replace: '',
    rules: ['an answer is true: unavailable'],
  },
  {
    name: 'cut-replica-holds-up-the-others',
    shows: 'guard',
    breaks: 'a group receives nothing while one of its processes cannot reach the bus',
    file: group,
    find: `const reached = ready.filter(({ member }) => !this.#isCut(member));`,
    replace: `const reached = ready.some(({ member }) => this.#isCut(member)) ? [] : ready;`,
    rules: ['an event reaches its group in time'],
  },
  {
    name: 'stop-answers-not-found',
    shows: 'guard',
    breaks: 'who waits for a replica is told at a stop that there is no such record',
    file: changes,
    find: `          if (version !== undefined) return value;\n          throw`,
    replace: `          return value;\n          throw`,
    rules: ['an answer is true: not_found'],
  },
  {
    name: 'events-die-in-a-long-outage',
    shows: [22],
    breaks: 'an engine that is away for minutes turns events into dead letters',
    file: delivery,
    find: `return { kind: 'pause', forMs: UNAVAILABLE_PAUSE_MS, conflicts, failures };`,
    replace: `return conflicts < 60
      ? { kind: 'pause', forMs: UNAVAILABLE_PAUSE_MS, conflicts: conflicts + 1, failures }
      : afterFailure(timing.maxFailures, timing);`,
    rules: ['no dead letters'],
  },
  {
    name: 'time-is-asked-before-the-gateway',
    shows: [13],
    breaks: 'a process that stood still takes money by the time from before',
    file: 'services/payments/cashier.ts',
    find: `      const { payment, paymentId, answer } = await opened(orderId);
      if (answer.status === 'authorized' && mayCapture(payment)) return capture(payment);
      if (!mayConfirm(payment, clock.now()) ||`,
    replace: `      const askedAt = clock.now();
      const { payment, paymentId, answer } = await opened(orderId);
      if (answer.status === 'authorized' && mayCapture(payment)) return capture(payment);
      if (!mayConfirm(payment, askedAt) ||`,
    rules: ['nobody pays after the end'],
  },
  {
    name: 'charge-in-the-usual-currency',
    shows: [58],
    breaks: 'a charge is in dollars whatever the setting',
    file: 'services/payments/routes.ts',
    find: `          currency: config.currency,`,
    replace: `          currency: 'usd',`,
    rules: ['money is of the currency of the setting'],
  },
  {
    name: 'gateway-in-the-usual-currency',
    shows: [58],
    breaks: 'the gateway is asked for dollars whatever the charge says',
    file: 'services/payments/cashier.ts',
    find: `gateway.open({ key, orderId, amount, currency })`,
    replace: `gateway.open({ key, orderId, amount, currency: currency && 'usd' })`,
    rules: ['money is of the currency of the setting'],
  },
  {
    name: 'first-decline-ends-the-order',
    shows: 'guard',
    breaks: 'a buyer who may try another card loses the ticket with the first that is declined',
    file: decisions,
    find: `  (charge.declines ?? 0) + 1 < most &&`,
    replace: `  most < 0 &&`,
    rules: ['a decline leaves the order its time'],
  },
  {
    name: 'cards-without-end',
    shows: [63],
    breaks: 'whoever may try another card may try any number of them',
    file: decisions,
    find: `  (charge.declines ?? 0) + 1 < most &&`,
    replace: `  most > 1 &&`,
    rules: ['only so many cards are declined'],
  },
  {
    name: 'disputed-money-is-given-back',
    shows: 'guard',
    breaks: 'money that the buyer’s bank has taken back already is refunded as well',
    file: aftermath,
    find: `  dispute !== undefined && dispute.status !== 'won';`,
    replace: `  dispute?.status === 'lost';`,
    rules: ['what a bank has is not given back'],
  },
  {
    name: 'dispute-is-not-told',
    shows: 'guard',
    breaks: 'a dispute is noted, and nobody hears of it',
    file: aftermath,
    find: `[{ type: isOpen ? 'charge.disputed' : 'charge.dispute_closed', dispute }];`,
    replace: `[{ type: isOpen ? 'charge.dispute_closed' : 'charge.disputed', dispute }];`,
    rules: ['every change is told'],
  },
  {
    name: 'pending-refund-is-good',
    shows: [95],
    breaks: 'a refund on its way is not looked at again',
    file: aftermath,
    find: `  charge.refund.status !== 'failed' &&`,
    replace: `  charge.refund.status === 'succeeded' &&`,
    rules: ['a refund is followed to its end'],
  },
  {
    name: 'refund-that-comes-back-is-good',
    shows: [95],
    breaks: 'a refund that the bank sends back is told as one that was made',
    file: aftermath,
    find: `refund.status === 'failed' ? 'charge.refund_failed' : 'charge.refunded';`,
    replace: `'charge.refunded';`,
    rules: ['every change is told'],
  },
  {
    name: 'held-is-said-once',
    shows: [96],
    breaks: 'orders is not asked again for its decision on money that is held',
    file: decisions,
    find: `    return authorized(held, isCancelled(order) ? now : now + SAY_AGAIN_MS);`,
    replace: `    return authorized(held, isCancelled(order) ? now : now + 60 * SAY_AGAIN_MS);`,
    rules: ['held money is settled soon', 'comes to rest'],
  },
  {
    name: 'gap-is-not-told',
    shows: 'guard',
    breaks: 'a live stream goes on as if nothing had been missed',
    file: 'services/live/service.ts',
    find: `    () => audience.startAfresh(),`,
    replace: `    () => {},`,
    rules: ['a listener hears the last state'],
  },
  {
    name: 'streams-stay-counted',
    shows: [59],
    breaks: 'a live stream counts after its reader has gone',
    file: liveRoutes,
    find: `        raw.once('close', () => audience.remove(stream));\n`,
    replace: '',
    rules: ['a listener hears the last state', 'nobody is attended to who has gone'],
  },
  {
    name: 'topics-stay',
    shows: [59],
    breaks: 'a topic is kept after its last stream has gone',
    file: 'services/live/audience.ts',
    find: `      if (others?.size === 0) this.#byTopic.delete(topic);\n`,
    replace: '',
    rules: ['nobody is attended to who has gone'],
  },
  {
    name: 'reader-leaves-during-look-up',
    shows: [59],
    breaks: 'a reader who leaves while the session is looked up is counted for ever',
    file: liveRoutes,
    find: `        if (raw.destroyed) return;\n`,
    replace: '',
    rules: ['nobody is attended to who has gone'],
  },
  {
    name: 'waiters-stay-counted',
    shows: [59],
    breaks: 'a request that waited is counted after it has been answered',
    file: changes,
    find: `        this.#remove(subject, waiter);`,
    replace: `        if (!this.#closed && version !== undefined) this.#remove(subject, waiter);`,
    rules: ['nobody is attended to who has gone'],
  },
];

export const ofLater: Mutant[] = bugs.map((bug) => ({ ...bug, troubles: 'machines' }));
