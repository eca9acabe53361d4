/** Bugs of the payments service, except for its decisions. */
import type { Mutant } from './mutant.ts';

const cashier = 'services/payments/cashier.ts';
const routes = 'services/payments/routes.ts';
const service = 'services/payments/service.ts';

export const ofPayments: Mutant[] = [
  {
    name: 'double-click-double-charge',
    shows: [11],
    breaks: 'each request that pays opens a payment of its own at the gateway',
    file: cashier,
    find: `gateway.open({ key, orderId, amount, currency });`,
    replace: `gateway.open({ key: \`\${key}:\${clock.now()}\`, orderId, amount, currency });`,
    rules: [
      'the gateway is asked with one key',
      'money is taken for an order',
      'nobody pays twice',
    ],
  },
  {
    name: 'charge-saved-after-the-gateway',
    shows: [16],
    breaks: 'the gateway is asked for the money before the charge is saved',
    file: routes,
    find: `      const saved = await payments.update(orderId, pay(attempt, clock.now()));
`,
    replace: `      const known = await payments.require(orderId);
      if (known.order && known.charge === null && pay(attempt, clock.now())(known)) {
        const { chargeId: key, token, currency } = attempt;
        const amount = known.order.ticket.price;
        const { id: opened } = await gateway.open({ key, orderId, amount, currency });
        await gateway.confirm(opened, token, \`\${key}:\${token}\`);
      }
      const saved = await payments.update(orderId, pay(attempt, clock.now()));
`,
    rules: ['money is taken for an order', 'the gateway is asked with one key'],
  },
  {
    name: 'payment-id-saved-too-late',
    shows: [16],
    breaks: 'the id of a payment is saved only once its money was taken',
    file: cashier,
    find: `      payment: await payments.update(orderId, noteOpened(answer.id)),`,
    replace: `      payment,`,
    rules: ['money is taken for an order'],
  },
  {
    name: 'no-refund',
    shows: [17],
    breaks: 'money that came too late is kept',
    file: cashier,
    find: `      if (owesRefund(payment)) await refund(payment);
      else if`,
    replace: `      if`,
    // Payments asks for the end of such an order again and again.
    rules: [
      'comes to rest: order … is cancelled, but its money is kept',
      'saying again is bounded',
    ],
  },
  {
    name: 'no-reconciler',
    shows: [16, 17],
    breaks: 'nobody looks after charges whose request was cut short',
    file: service,
    find: `(limit) => records.due('attention', clock.now(), limit)`,
    replace: `async (_limit) => []`,
    rules: ['comes to rest'],
  },
  {
    name: 'amount-rounded-at-the-gateway',
    shows: [19],
    breaks: 'the gateway is asked for whole units of the currency',
    file: cashier,
    find: `gateway.open({ key, orderId, amount, currency });`,
    replace: `gateway.open({ key, orderId, amount: Math.ceil(amount / 100) * 100, currency });`,
    rules: ['a buyer pays what they saw'],
  },
  {
    name: 'decline-stays-open',
    shows: 'guard',
    breaks: 'a payment counts as failed after a decline, and can still be confirmed elsewhere',
    file: cashier,
    find: `const cancelled = await gateway.cancel(answer.id);`,
    replace: `const cancelled: GatewayPayment = { ...answer, status: 'cancelled' };`,
    rules: ['a charge tells the truth'],
  },
  {
    name: 'refund-without-asking-first',
    shows: 'guard',
    breaks: 'a refund whose answer was lost is asked for again, whatever the gateway did',
    file: cashier,
    find: `    const found = await gateway.find(paymentId);
    if (isGivenBack(found, amount)) return takeOver(payment, found);
`,
    replace: ``,
    rules: ['who gives money back looks first'],
  },
  {
    name: 'refund-twice',
    shows: 'guard',
    breaks: 'each try to refund is a refund of its own',
    file: cashier,
    find: `    const found = await gateway.find(paymentId);
    if (isGivenBack(found, amount)) return takeOver(payment, found);
    await gateway.refund(paymentId, \`\${id}:refund\`);`,
    replace: `    await gateway.refund(paymentId, \`refund:\${clock.now()}\`);`,
    rules: ['who gives money back looks first', 'the gateway is asked with one key'],
  },
  {
    name: 'charges-are-open-to-all',
    shows: 'guard',
    breaks: 'anybody may look at a charge',
    file: routes,
    find: `        if (payment.order) mustBeBuyer(payment.order, sessionOf(request).userId);
`,
    replace: ``,
    rules: ['an answer is true'],
  },
  {
    name: 'confirm-for-another',
    shows: 'guard',
    breaks: 'anybody may confirm the payment of another',
    file: routes,
    find: `      if (payment.order) mustBeBuyer(payment.order, userId);
`,
    replace: ``,
    rules: ['an answer is true', 'the bank is obeyed'],
  },
  {
    name: 'key-pays-for-a-second-order',
    shows: [40],
    breaks: 'the key of any card but the first pays for another order too',
    file: service,
    find: `charge?.requests.map(({ id }) => id) ?? []`,
    replace: `charge?.requests.slice(0, 1).map(({ id }) => id) ?? []`,
    rules: ['a key is one request'],
  },
  {
    name: 'completed-is-acknowledged-first',
    shows: [22],
    breaks:
      'news of an order are acknowledged before they are kept, and a failure of that is swallowed',
    file: service,
    find: `          await records.update(data.id, noteOrder(data));`,
    replace: `          records.update(data.id, noteOrder(data)).catch(() => {});`,
    rules: ['what is handled has taken effect', 'comes to rest: stale order'],
  },
  {
    name: 'no-wait-for-a-new-order',
    shows: 'guard',
    breaks: 'an order that just got its ticket cannot be paid yet',
    file: routes,
    find: `const ORDER_WAIT_MS = 1000;`,
    replace: `const ORDER_WAIT_MS = 0;`,
    rules: ['an answer is true: not_found'],
  },
  {
    name: 'decline-of-the-second-answer',
    shows: 'guard',
    breaks: 'the reason of a decline is taken from the answer to the cancellation, which has none',
    file: cashier,
    find: `settle(cancelled, decline, clock.now())`,
    replace: `settle(cancelled, cancelled.decline ?? null, clock.now())`,
    rules: ['the text of a decline is kept'],
  },
  {
    name: 'declined-without-a-reason',
    shows: 'guard',
    breaks: 'the buyer is not told why the card was declined',
    file: routes,
    find: `charge.decline?.message ?? 'The`,
    replace: `charge.decline?.code ?? 'The`,
    rules: ['an answer is true: payment_declined'],
  },
];
