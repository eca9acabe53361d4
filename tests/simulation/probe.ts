/** Probes of the recovered system: a purchase works, lists are whole, and ended sessions are refused. */

import { isDeepStrictEqual } from 'node:util';
import type { Stored } from '@fairseat/common/contracts/shared';
import type { Ledger } from './checkers/ledger.ts';
import { must, Violation } from './checkers/violation.ts';
import { storyNamed } from './client.ts';
import type { Cluster } from './cluster.ts';
import { type Ask, bodyOf, type Exchange, type ReplyBody } from './exchange.ts';
import { type Surroundings, signIn } from './life.ts';
import type { Person } from './people.ts';

const newcomer = (number: number): Person => ({
  number,
  email: `person-${number}@example.com`,
  userId: '',
  cookie: undefined,
  keyed: [],
});

/** Lists, holds and pays a ticket. @throws Violation when that fails. */
export async function buyOnce(world: Surroundings): Promise<void> {
  const { people } = world.plan;
  const seller = newcomer(people);
  const buyer = newcomer(people + 1);
  const ask = async (person: Person, label: string, asked: Ask): Promise<Partial<ReplyBody>> => {
    const reply = await world.client.ask(person, asked, `newcomer-${label}`);
    if (reply !== undefined && reply.status < 300) return bodyOf(reply);
    throw new Violation(
      'a healthy system serves',
      `${asked.route} of a newcomer was answered ${reply?.status} ${JSON.stringify(reply?.body)}`,
    );
  };
  await signIn(world, seller, 'newcomer-seller');
  await signIn(world, buyer, 'newcomer-buyer');
  const listing = { title: 'The last seat', price: 4990 };
  const ticket = await ask(seller, 'list', { route: 'POST /api/tickets', body: listing });
  const order = await ask(buyer, 'buy', {
    route: 'POST /api/orders',
    body: { ticketId: ticket.id },
    headers: { prefer: 'wait=10' },
  });
  const charge = await ask(buyer, 'pay', {
    route: 'POST /api/payments',
    body: { orderId: order.id, token: 'pm_card_visa' },
  });
  must(
    'a healthy system serves',
    order.status === 'awaiting_payment' && charge.status === 'completed',
    () => `a newcomer's order is ${order.status}, its charge ${charge.status}`,
  );
}

const GUARDED: Ask[] = [
  { route: 'GET /api/tickets', query: '?mine=true' },
  { route: 'GET /api/orders' },
  { route: 'GET /api/payments/:id', id: '0'.repeat(32) },
];

/** Uses all ended sessions at all replicas. @throws Violation when one is accepted. */
export async function useOldSessions(cluster: Cluster, past: readonly Exchange[]): Promise<void> {
  for (const { route, reply, cookie } of past) {
    if (route !== 'POST /api/users/signout' || reply?.status !== 200 || !cookie) continue;
    const replies = GUARDED.flatMap(({ route, query = '', id = '' }) => {
      const url = route.slice(4).replace(':id', id) + query;
      return cluster.requestAll({ method: 'GET', url, cookie }, storyNamed('old-session'));
    });
    for (const { status } of await Promise.all(replies)) {
      must('a session ends everywhere', status === 401, () => `it was answered ${status}`);
    }
  }
}

/** Reads lists page by page. @throws Violation when one is not exactly what is saved. */
export async function readLists(world: Surroundings, ledger: Ledger): Promise<void> {
  const { market, plan } = world;
  const person = market.person(plan.seed);
  const { userId } = person;
  const limit = 2 + (plan.seed % 6);
  if (person.cookie === undefined) await signIn(world, person, 'reader');
  if (userId === '') return;
  const read = async (route: 'GET /api/orders' | 'GET /api/tickets', query: string) => {
    const pages: ReplyBody[][] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const asked = { route, query: `?limit=${limit}${query}${more}` };
      const reply = await world.client.ask(person, asked, `reader${route}${query}-${pages.length}`);
      const { tickets, orders, nextCursor = null } = bodyOf(reply);
      pages.push(tickets ?? orders ?? []);
      cursor = nextCursor;
    }
    return pages;
  };
  const check = (what: string, pages: ReplyBody[][], all: Iterable<Stored>) => {
    const expected = [...all].sort((a, b) => (isNewer(a, b) ? -1 : 1)).map(({ id }) => id);
    const message = () => `${what}: ${pages.flat().length} of ${expected.length}`;
    must(
      'a list is whole',
      isDeepStrictEqual(
        pages.flat().map(({ id }) => id),
        expected,
      ),
      message,
    );
    must(
      'a list is whole',
      pages.every(({ length }) => length <= limit),
      message,
    );
  };
  const tickets = [...ledger.tickets.values()];
  const orders = [...ledger.orders.values()];
  check(
    'one’s own orders',
    await read('GET /api/orders', ''),
    orders.filter((order) => order.userId === userId),
  );
  check(
    'one’s own tickets',
    await read('GET /api/tickets', '&mine=true'),
    tickets.filter((ticket) => ticket.userId === userId),
  );
  check(
    'what is for sale',
    await read('GET /api/tickets', '&available=true'),
    tickets.filter(({ status }) => status === 'available'),
  );
}

const isNewer = (a: Stored, b: Stored) =>
  a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a.id > b.id;
