import { chargeEvents } from '@fairseat/common/contracts/charge';
import { defineService, ofEach, sweep } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import { createCashier } from './cashier.ts';
import { evolve, type Payment, toCharge, unknownPayment } from './charge.ts';
import { asItStands, attentionAt, noteOrder, noteSecured } from './decisions.ts';
import { reconcile } from './reconcile.ts';
import { restored, unknownOf } from './restored.ts';
import { routes } from './routes.ts';
import { webhook, webhooks } from './webhook.ts';

const table: TableDefinition<Payment> = {
  name: 'payments',
  // A request pays for one order only, whichever card it came with.
  uniqueEach: { request: ({ charge }) => charge?.requests.map(({ id }) => id) ?? [] },
  // Stored data has this name, so it stays.
  unique: {
    stripe: ({ charge }) => charge?.stripeId ?? null,
  },
  indexes: { attention: attentionAt },
};

/** Takes the money, and refunds it when the order was cancelled. */
export const payments = defineService({
  name: 'payments',
  prefixes: ['/api/payments', '/api/test-gateway'],
  webhooks,
  needs: ['gateway', 'rateLimiter'],
  publishes: chargeEvents,
  // Not `order.created`: an order can be paid only from `order.awaiting_payment` on, which carries the whole order.
  hears: ['order.awaiting_payment', 'order.secured', 'order.cancelled', 'order.completed'],
  build(context) {
    const { clock, gateway, config } = context;
    const mostDeclines = config.decline === 'retry' ? config.declinesPerOrder : 1;
    const records = context.records({
      noun: 'order',
      table,
      evolve,
      asItStands,
      restored,
      publicState: toCharge,
      initial: unknownPayment,
    });
    const payments = context.table(table);
    const cashier = createCashier(records, context, mostDeclines);
    return {
      routes: async (app) => {
        await app.register(routes(records, cashier, context));
        await app.register(webhook(records, cashier, context));
      },
      handlers: {
        'order.awaiting_payment': async ({ data }) => {
          await records.update(data.id, noteOrder(data));
        },
        // Whoever waits for it takes the money, or the sweep does: a handler must not wait for the gateway.
        'order.secured': async ({ data }) => {
          await records.update(data.id, noteSecured(data, clock.now()));
        },
        'order.cancelled': async ({ data }) => {
          await records.update(data.id, noteOrder(data, 'cancelled'));
        },
        'order.completed': async ({ data }) => {
          await records.update(data.id, noteOrder(data, 'completed'));
        },
      },
      unknowns: (backupAt) => ofEach(payments, (payment) => unknownOf(payment, backupAt)),
      reconcile: (since) => reconcile(payments, cashier, gateway, since),
      tasks: [
        sweep(
          'reconcile charges',
          1000,
          (limit) => records.due('attention', clock.now(), limit),
          ({ id }) => cashier.lookAfter(id),
        ),
      ],
    };
  },
});
