/** Pages in front of services of a newer release, whose answers have values that the pages do not know. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Process, READY, startProgram } from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const id = (n: number) => n.toString(16).padStart(32, '0');
const [buyer, seller] = [id(1), id(2)];
const [changed, ended, ticketId, own] = [id(3), id(4), id(5), id(6)];

const createdAt = '2030-01-01T12:00:00.000Z';
const ticket = (ticketId: string, userId: string) => ({
  ...{ id: ticketId, title: 'Front row', price: 4990, userId, orderId: null },
  ...{ status: 'raffled', version: 1, createdAt },
});
const order = (orderId: string, state: object) => ({
  ...{ id: orderId, userId: buyer, ticketId, expiresAt: '2030-01-01T12:15:00.000Z' },
  ...{ ticket: { title: 'Front row', price: 4990 }, version: 3, createdAt },
  ...state,
});
const orders = [
  order(changed, { status: 'waiting_list' }),
  order(ended, { status: 'cancelled', reason: 'venue_closed' }),
];

const answers: Record<string, object> = {
  '/api/users/currentuser': { currentUser: { id: buyer, email: 'buyer@example.com' } },
  '/api/tickets': { tickets: [ticket(ticketId, seller)], nextCursor: null },
  [`/api/tickets/${ticketId}`]: ticket(ticketId, seller),
  [`/api/tickets/${own}`]: ticket(own, buyer),
  '/api/orders': { orders, nextCursor: null },
  ...Object.fromEntries(orders.map((each) => [`/api/orders/${each.id}`, each])),
};

let services: Server;
let pages: Process;

beforeAll(async () => {
  services = createServer(({ url = '' }, response) => {
    const answer = answers[new URL(url, 'http://localhost').pathname];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    const [code, detail] = ['not_found', 'There is no such thing.'];
    const problem = { type: '', title: '', status: 404, code, detail, errors: [], instance: '' };
    response.end(JSON.stringify(answer ?? problem));
  }).listen(0, '127.0.0.1');
  await once(services, 'listening');
  const origin = `http://127.0.0.1:${(services.address() as AddressInfo).port}`;
  pages = await startProgram('client/main.ts', { API_ORIGIN: origin }, { upAt: READY });
});

afterAll(async () => {
  await pages.end('SIGTERM');
  services.close().closeAllConnections();
});

const look = (path: string) =>
  fetch(`${pages.url}${path}`, { headers: { cookie: 'session=any' }, redirect: 'manual' });

describe('a value of a newer release', () => {
  it.each([
    ['the list of orders', '/orders', 'Changed'],
    ['an order of another status', `/orders/${changed}`, 'This page cannot say yet'],
    ['an order that ended for another reason', `/orders/${ended}`, 'Your order has ended'],
    ['the list of tickets', '/', 'Not for sale'],
    ['a ticket', `/tickets/${ticketId}`, 'This ticket cannot be bought now.'],
    ['the form of a ticket', `/tickets/${own}/edit`, 'cannot be edited now'],
  ])('is put into words by %s', async (_, path, words) => {
    const response = await look(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(words);
  });

  it('lets nobody leave an order that may not be held', async () => {
    const response = await look(`/orders/${changed}/leave`);
    expect([response.status, response.headers.get('location')]).toEqual([
      307,
      `/orders/${changed}`,
    ]);
  });
});
