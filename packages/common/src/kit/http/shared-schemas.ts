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
    for (const { name, json } of next) used.set(name, shared(json, name));
    text = JSON.stringify(next.map(({ name }) => used.get(name)));
  }
}
