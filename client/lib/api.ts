/**
 * The only module that calls the API. Every answer is validated by a schema of `@fairseat/common`. The services may be of a
 * newer release than the pages: a value that these do not know is read as `'other'`.
 */

import { ownChargeSchema } from '@fairseat/common/contracts/charge';
import { orderPageSchema, orderSchema } from '@fairseat/common/contracts/order';
import { paymentOptionsSchema } from '@fairseat/common/contracts/payment-options';
import { problemSchema } from '@fairseat/common/contracts/problem';
import { type Listing, ticketPageSchema, ticketSchema } from '@fairseat/common/contracts/ticket';
import { currentUserSchema, userSchema } from '@fairseat/common/contracts/user';
import { type Open, openSchema } from '@fairseat/common/open-schema';
import { parseSetCookie } from 'cookie';
import { cookies } from 'next/headers';
import { cache } from 'react';
import { z } from 'zod';
import { ApiError, unreachable } from './api-error.ts';
import { stageOf } from './checkout.ts';
import type { OpenOptions } from './records.ts';
import { currentVisit } from './visit.ts';

const TIMEOUT_MS = 8000;
/** How long to wait for the lock before leading to the page of the order, which waits further. */
const HOLD_WAIT_SECONDS = 4;

type Read<T> = (json: unknown) => T;

function reader<S extends z.ZodObject>(schema: S): Read<Open<z.infer<S>>> {
  const open = openSchema(schema);
  return (json) => open.parse(json) as Open<z.infer<S>>;
}

const asTicket = reader(ticketSchema);
const asTickets = reader(ticketPageSchema);
const asOrder = reader(orderSchema);
const asOrders = reader(orderPageSchema);
const asCharge = reader(ownChargeSchema);
/** Stripe's script is given the form as it is. */
const asOptions = reader(paymentOptionsSchema) as Read<OpenOptions>;
const asUser = reader(userSchema);
const asCurrentUser = reader(currentUserSchema);
const asProblem = reader(problemSchema);
const asNothing = reader(z.object({}));

interface Call {
  method?: 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
}

/** @throws ApiError unless the API answers with success. */
async function send(path: string, { method, body, headers }: Call = {}): Promise<Response> {
  const { apiOrigin, request, apiKey } = currentVisit();
  const visitor: Record<string, string> = { ...headers };
  for (const name of ['cookie', 'x-forwarded-for', 'x-request-id', 'traceparent', 'tracestate']) {
    const value = request.headers[name];
    if (typeof value === 'string') visitor[name] = value;
  }
  if (apiKey) visitor['x-client-key'] = apiKey;
  if (body !== undefined) visitor['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(`${apiOrigin}/api${path}`, {
      method: method ?? 'GET',
      headers: visitor,
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw unreachable(error);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfterSeconds = Number(response.headers.get('retry-after')) || undefined;
  try {
    const { status, code, detail, ...rest } = asProblem(await response.json());
    return new ApiError(status, code, detail, { ...rest, retryAfterSeconds });
  } catch {
    return unreachable(new Error(`${response.url}: ${response.status}`));
  }
}

async function call<T>(read: Read<T>, path: string, how?: Call): Promise<T> {
  const response = await send(path, how);
  try {
    return read(await response.json());
  } catch (error) {
    throw unreachable(error);
  }
}

/** Signs in or out. The session cookie is passed on as the API sets it. */
async function enter<T>(read: Read<T>, path: string, body: unknown): Promise<T> {
  const response = await send(path, { method: 'POST', body });
  const jar = await cookies();
  for (const line of response.headers.getSetCookie()) {
    const { name, value = '', ...attributes } = parseSetCookie(line);
    jar.set(name, value, attributes);
  }
  return read(await response.json());
}

type Credentials = Record<'email' | 'password', string>;
export const signUp = (body: Credentials) => enter(asUser, '/users/signup', body);
export const signIn = (body: Credentials) => enter(asUser, '/users/signin', body);
export const signOut = () => enter(asNothing, '/users/signout', {});
export const signOutEverywhere = () => enter(asNothing, '/users/signout-everywhere', {});

/** The signed-in user, or null. */
export const getUser = cache(async () => {
  const { request } = currentVisit();
  if (!request.headers.cookie?.includes('session=')) return null;
  return (await call(asCurrentUser, '/users/currentuser')).currentUser;
});

/** The signed-in user of a page that everybody may read; null also while nobody can say. */
export const getReader = () =>
  getUser().catch((error) => {
    if (error instanceof ApiError && error.status === 503) return null;
    throw error;
  });

interface TicketSearch {
  q?: string | undefined;
  cursor?: string | undefined;
  available?: boolean;
  mine?: boolean;
}

export function findTickets({ q, cursor, available, mine }: TicketSearch) {
  const query = new URLSearchParams();
  if (q) query.set('q', q);
  if (cursor) query.set('cursor', cursor);
  if (available) query.set('available', 'true');
  if (mine) query.set('mine', 'true');
  return call(asTickets, `/tickets?${query}`);
}

const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

export const getTicket = (id: string) => call(asTicket, at('/tickets', id));

export const listTicket = (body: Listing, key: string) =>
  call(asTicket, '/tickets', { method: 'POST', body, headers: { 'idempotency-key': key } });
export const editTicket = (id: string, body: Listing, version: number) =>
  call(asTicket, at('/tickets', id), {
    method: 'PUT',
    body,
    headers: { 'if-match': `"${version}"` },
  });
export const withdrawTicket = (id: string) => send(at('/tickets', id), { method: 'DELETE' });

export const findOrders = (cursor: string | undefined) =>
  call(asOrders, `/orders${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);

/** An order, and the server's time in milliseconds since the epoch. */
export async function getOrder(id: string) {
  const response = await send(at('/orders', id));
  const order = asOrder(await response.json());
  const saidAt = Date.parse(response.headers.get('date') ?? '') || Date.now();
  // The header has whole seconds, so a new order would seem to come from the future.
  return { order, now: Math.max(saidAt, Date.parse(order.createdAt)) };
}

export const placeOrder = (ticketId: string, price: number, key: string) =>
  call(asOrder, '/orders', {
    method: 'POST',
    body: { ticketId, price },
    headers: { 'idempotency-key': key, prefer: `wait=${HOLD_WAIT_SECONDS}` },
  });
export const cancelOrder = (id: string) => send(at('/orders', id), { method: 'DELETE' });

/** The charge of an order, or null before the first payment. */
export async function getCharge(orderId: string) {
  try {
    return await call(asCharge, at('/payments', orderId));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export type Checkout = Awaited<ReturnType<typeof getCheckout>>;

/** The current state of a purchase. */
export async function getCheckout(orderId: string) {
  const [{ order, now }, charge] = await Promise.all([getOrder(orderId), getCharge(orderId)]);
  return { order, charge, now, stage: stageOf(order, charge, now) };
}

export const payFor = (orderId: string, token: string, key: string) =>
  call(asCharge, '/payments', {
    method: 'POST',
    body: { orderId, token },
    headers: { 'idempotency-key': key },
  });

/** How this price can be paid. */
export const getPaymentOptions = (price: number) =>
  call(asOptions, `/payments/options?price=${price}`);

let isTest: Promise<boolean | undefined> | undefined;
const TEST_MODE_KNOWN_MS = 10_000;

/** Whether no real money moves; undefined while nobody can say. Asked now and then, since every page tells. */
export function isTestMode(): Promise<boolean | undefined> {
  if (isTest !== undefined) return isTest;
  setTimeout(() => {
    isTest = undefined;
  }, TEST_MODE_KNOWN_MS).unref();
  isTest = call(asOptions, '/payments/options').then(
    ({ testMode }) => testMode,
    () => undefined,
  );
  return isTest;
}

/** Has the gateway asked what has become of the payment. */
export const settlePayment = (orderId: string) =>
  call(asCharge, `${at('/payments', orderId)}/settle`, { method: 'POST', body: {} });

/** Answers the bank's question for the buyer. `url` is the charge's `nextAction.url`. */
export const confirmPayment = (url: string, approve: boolean) =>
  call(asCharge, url.replace(/^\/api/, ''), { method: 'POST', body: { approve } });
