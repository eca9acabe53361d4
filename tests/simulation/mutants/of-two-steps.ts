/** Bugs of money that is held first, and taken once the ticket is the buyer's. */
import type { Mutant } from './mutant.ts';

const order = 'services/orders/order.ts';
const decisions = 'services/payments/decisions.ts';
const cashier = 'services/payments/cashier.ts';

export const ofTwoSteps: Mutant[] = [
  {
    name: 'captured-before-secured',
    shows: 'guard',
    breaks: 'money that is held is taken at once, before orders has decided',
    file: decisions,
    find: `order?.status === 'awaiting_payment' && order.securedAt !== undefined;`,
    replace: `order?.status === 'awaiting_payment';`,
    rules: [
      'held money is taken for a secured order',
      'an order is secured by money that is held',
      'money that was held is taken for good',
    ],
  },
  {
    name: 'captured-after-the-end',
    shows: 'guard',
    breaks: 'money that is held is taken for any order that once was there to be paid',
    file: decisions,
    find: `order?.status === 'awaiting_payment' && order.securedAt !== undefined;`,
    replace: `order !== null;`,
    rules: ['held money is taken for a secured order', 'an order is secured by money that is held'],
  },
  {
    name: 'secured-order-expires',
    shows: 'guard',
    breaks: 'the alarm also ends an order whose money is held for it',
    file: order,
    find: `    if (!isUnpaid(order)) return sayEndAgain(order);
    return now`,
    replace: `    if (!isUnpaid(order) && !isSecured(order)) return sayEndAgain(order);
    return now`,
    rules: ['a secured order is its buyer’s', 'money that was held is taken for good'],
  },
  {
    name: 'cancel-after-secured',
    shows: 'guard',
    breaks: 'a buyer cancels an order whose money is about to be taken',
    file: order,
    find: `    if (isSecured(order)) {
      throw conflict('order_paid', 'This order is being paid and cannot be cancelled any more.');
    }
    return isUnpaid(order) ?`,
    replace: `    return isUnpaid(order) || isSecured(order) ?`,
    rules: ['a secured order is its buyer’s', 'money that was held is taken for good'],
  },
  {
    name: 'secured-when-already-over',
    shows: 'guard',
    breaks: 'money that is held secures an order that was cancelled meanwhile',
    file: order,
    find: `    if (order.status !== 'awaiting_payment') return sayEndAgain(order);
`,
    replace: `    if (order.status === 'completed') return sayEndAgain(order);
`,
    rules: ['legal states', 'every change is told', 'an order is secured by money that is held'],
  },
  {
    name: 'secured-since-just-now',
    shows: 'guard',
    breaks: 'each time that it is said again, an order is secured since that moment',
    file: order,
    find: `secured(order.securedAt ?? new Date(now).toISOString(),`,
    replace: `secured(new Date(now).toISOString(),`,
    rules: ['an order stays what it is'],
  },
  {
    name: 'secured-is-said-once',
    shows: 'guard',
    breaks: 'a secured order whose end was lost is not called to mind after a minute',
    file: order,
    find: `    if (!isSecured(order) || order.sayAgainAt > now) return [];`,
    replace: `    if (!isSecured(order) || order.sayAgainAt + 3_600_000 > now) return [];`,
    rules: ['a secured order ends soon'],
  },
  {
    name: 'captured-with-two-keys',
    shows: [91],
    breaks: 'each try to take the money is a capture of its own',
    file: cashier,
    find: `\`\${id}:capture\``,
    replace: `\`\${id}:capture:\${clock.now()}\``,
    rules: ['the gateway is asked with one key'],
  },
  {
    name: 'confirmed-with-two-keys',
    shows: 'guard',
    breaks: 'each try to have the money held is a confirmation of its own',
    file: cashier,
    find: `\`\${id}:\${token}\`;`,
    replace: `\`\${id}:\${token}:\${Math.random()}\`;`,
    rules: ['the gateway is asked with one key'],
  },
  {
    name: 'void-is-lost',
    shows: [96],
    breaks: 'money that is held for a cancelled order is left to the gateway',
    file: cashier,
    find: `OVER.includes(answer.status) ? answer :`,
    replace: `[...OVER, 'authorized'].includes(answer.status) ? answer :`,
    rules: ['comes to rest', 'held money is settled soon', 'a cancelled order is settled soon'],
  },
  {
    name: 'refused-capture-is-tried-for-ever',
    shows: [96],
    breaks: 'a capture that is refused for good is not given back',
    file: cashier,
    find: `:capture\`);
      return await takeOver(payment, await voided(answer));`,
    replace: `:capture\`);
      return await takeOver(payment, answer);`,
    rules: ['held money is settled soon', 'comes to rest'],
  },
  {
    name: 'processing-is-voided',
    shows: [94],
    breaks: 'money on its way is cancelled like money that nobody has paid',
    file: cashier,
    find: `['succeeded', 'processing', 'cancelled'];`,
    replace: `['succeeded', 'cancelled'];`,
    rules: ['what is on its way is waited for'],
  },
  {
    name: 'second-card-while-held',
    shows: [11],
    breaks: 'another card may be tried while the money of the first is held',
    file: decisions,
    find: `    if (charge?.token || charge?.authorizedAt) {`,
    replace: `    if (charge?.token) {`,
    rules: ['one card at a time'],
  },
  {
    name: 'decision-waits-for-the-sweep',
    shows: 'guard',
    breaks: 'whoever pays does not wait for the decision, nor take the money upon it',
    file: cashier,
    find: `if (!isAuthorized(charge)) return payment;`,
    replace: `if (charge !== null) return payment;`,
    rules: ['a healthy system serves'],
  },
];
