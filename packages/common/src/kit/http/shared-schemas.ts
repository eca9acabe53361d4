/** The schemas that the OpenAPI document has once, under a name, wherever they are used. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ownChargeSchema } from '../../contracts/charge.ts';
import { orderPageSchema, orderSchema } from '../../contracts/order.ts';
import { paymentOptionsSchema } from '../../contracts/payment-options.ts';
import { problemSchema } from '../../contracts/problem.ts';
import { ticketPageSchema, ticketSchema } from '../../contracts/ticket.ts';
import { currentUserSchema, userSchema } from '../../contracts/user.ts';

const SCHEMAS = {
  Charge: ownChargeSchema,
  CurrentUser: currentUserSchema,
  Order: orderSchema,
  OrderPage: orderPageSchema,
  PaymentOptions: paymentOptionsSchema,
  Problem: problemSchema,
  Ticket: ticketSchema,
  TicketPage: ticketPageSchema,
  User: userSchema,
};

const [BUYER, SELLER] = ['01a21e2b9802e11161dc26806a7a14e4', '01a21e2b97bd3402d2d1397689e1a052'];
const TICKET = {
  ...{ id: '01a21e2b97f16670bfb0a9d8ff70abe6', title: 'Front row, Friday', price: 4990 },
  ...{ userId: SELLER, orderId: null, status: 'available', version: 1 },
  createdAt: '2026-03-01T12:00:00.000Z',
};
const ORDER = {
  ...{ id: '01a21e2b983ce9d7cd981dc88e992233', userId: BUYER, status: 'awaiting_payment' },
  ...{ ticketId: TICKET.id, ticket: { title: TICKET.title, price: TICKET.price } },
  ...{ version: 2, createdAt: '2026-03-01T12:05:00.000Z', expiresAt: '2026-03-01T12:20:00.000Z' },
};
const REFUSAL = 'This ticket is sold.';
/** For people who read. What holds others of them is made of those. */
const EXAMPLES: { readonly [N in keyof typeof SCHEMAS]?: object } = {
  Charge: {
    ...{ id: '01a21e2b9bde136d5813e43060000b2e', orderId: ORDER.id, status: 'completed' },
    ...{ amount: TICKET.price, currency: 'usd', stripeId: 'pi_1', stripeRefundId: null },
  },
  Order: ORDER,
  Problem: {
    ...{ type: 'urn:fairseat:problem:ticket_sold', title: 'Conflict', status: 409 },
    ...{ detail: REFUSAL, code: 'ticket_sold', errors: [{ message: REFUSAL }] },
    instance: '01a21e2b9c4f1f0e8a1cf0d2b9f64a11',
  },
  Ticket: TICKET,
  User: { id: BUYER, email: 'buyer@example.com' },
};

interface Json {
  [keyword: string]: unknown;
}

const named = Object.entries(SCHEMAS).map(([name, schema]) => {
  const { $schema: _, ...json } = z.toJSONSchema(schema) as Json;
  return { name, json };
});

/** A JSON Schema, or anything that has some, with references in place of the shared ones. */
export function shared<T>(value: T, except?: string): T {
  if (Array.isArray(value)) return value.map((each) => shared(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const { description, ...rest } = value as Json;
  const known = named.find(({ name, json: { description: _, ...json } }) => {
    return name !== except && isDeepStrictEqual(json, rest);
  });
  const own = description === undefined ? {} : { description };
  if (known) return { ...own, $ref: `#/components/schemas/${known.name}` } as T;
  const entries = Object.entries(rest).map(([key, each]) => [key, shared(each)]);
  return { ...own, ...Object.fromEntries(entries) } as T;
}

/** Those that a document with these references uses, and what they use themselves, by their names. */
export function sharedIn(document: unknown): Record<string, Json> {
  const used = new Map<string, Json>();
  for (let text = JSON.stringify(document); ; ) {
    const next = named.filter(({ name }) => !used.has(name) && text.includes(`schemas/${name}"`));
    if (next.length === 0) return Object.fromEntries([...used].sort());
    for (const { name, json } of next) used.set(name, withExample(name, shared(json, name)));
    text = JSON.stringify(next.map(({ name }) => used.get(name)));
  }
}

function withExample(name: string, json: Json): Json {
  const example = EXAMPLES[name as keyof typeof SCHEMAS];
  return example ? { ...json, examples: [example] } : json;
}
