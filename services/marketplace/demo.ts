/** Fills a new data folder for `npm start -- --demo`, by the same requests that people make. */
import { createHash } from 'node:crypto';
import type { Listing } from '@fairseat/common/contracts/ticket';
import type { App } from '@fairseat/common/kit';

const PASSWORD = 'fairseat-demo';
const SELLER = 'sam@example.com';
const BUYER = 'bea@example.com';

export const DEMO_ACCOUNTS = [
  '  Demo    sign in with the password fairseat-demo',
  `          as ${BUYER}, who buys and holds two tickets`,
  `          as ${SELLER}, who sells, or sign up as yourself`,
];

const SELLERS = [SELLER, 'noor@example.com', 'jonas@example.com', 'akiko@example.com'];
const OTHER_BUYER = 'milo@example.com';

/** Each event with its seats, and the price of the first in whole units; each further one costs a little less. */
const EVENTS: [title: string, seats: string[], price: number][] = [
  ['The Paper Lanterns, Harbour Hall, Fri 12 March', seats('Stalls F, seat', 11, 4), 68],
  ['The Paper Lanterns, Harbour Hall, Sat 13 March', seats('Balcony A, seat', 3, 2), 54],
  ['Mahler 2 “Resurrection”, City Philharmonic', seats('Row 12, seat', 7, 3), 92],
  ['Giselle, Royal Ballet School on tour', seats('Circle C, seat', 21, 2), 75],
  ['United v Rovers, cup replay', seats('North Stand 114, row 8, seat', 40, 4), 41],
  ['City marathon: finish line stand', seats('place', 301, 3), 18],
  ['Stand-up night with Ines Okafor', seats('table', 5, 2), 24.5],
  ['Jazz by the river 🎷, three-day pass', ['wristband 1', 'wristband 2'], 145],
  ['“The Seagull”, Little Theatre', seats('Row B, seat', 4, 2), 32],
  ['Romeo y Julieta, Teatro del Mar', seats('Palco', 2, 2), 48],
  ['ليلة العود، قاعة المدينة', seats('صف', 3, 2), 39],
  ['歌舞伎：春の公演', seats('一階', 15, 2), 88],
  ['Planetarium: the sky in spring', seats('seat', 60, 4), 9.5],
  ['Open-air cinema: a classic under the stars', seats('blanket', 14, 3), 12],
  ['Bach at candlelight, St Anne', seats('pew', 9, 3), 27],
  ['Night market cooking class', ['one place'], 59],
  ['Volleyball cup final', seats('Block D, seat', 88, 4), 35],
  ['Ocean Waves, farewell tour', seats('standing', 1001, 3), 79.9],
];

function seats(place: string, from: number, count: number) {
  return Array.from({ length: count }, (_, index) => `${place} ${from + index}`);
}

/** Seats of one event do not follow each other, since nobody would list them all at once. */
function listings(currency: string): [listing: Listing, seller: string][] {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  /** Prices are rounded to half a unit, as people set them. */
  const inMinorUnits = (price: number) =>
    Math.round((Math.round(price * 2) / 2) * 10 ** maximumFractionDigits);
  const rounds = Math.max(...EVENTS.map(([, places]) => places.length));
  return Array.from({ length: rounds }).flatMap((_, round) =>
    EVENTS.flatMap(([event, places, price], index) => {
      const place = places[round];
      const seller = SELLERS[(index + round) % SELLERS.length] as string;
      if (place === undefined) return [];
      const listing = { title: `${event}, ${place}`, price: inMinorUnits(price * 0.95 ** round) };
      return [[listing, seller] as [Listing, string]];
    }),
  );
}

/** Every request has its own Idempotency-Key, so that a run after an interrupted one only adds what is missing. */
export async function fillDemo(app: App, currency: string): Promise<void> {
  const cookies = new Map<string, string>();

  async function post<T>(path: string, body: object, email?: string, headers = {}): Promise<T> {
    const key = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    const response = await app.inject({
      method: 'POST',
      url: `/api/${path}`,
      // An address of its own keeps these requests out of the rate limits of the first visitors.
      remoteAddress: '0.0.0.0',
      headers: { cookie: cookies.get(email ?? '') ?? '', 'idempotency-key': key, ...headers },
      payload: body,
    });
    if (response.statusCode >= 400) {
      throw new Error(`The demo cannot be filled: ${path}: ${response.body}`);
    }
    const [cookie] = response.cookies;
    if (email && cookie) cookies.set(email, `${cookie.name}=${cookie.value}`);
    return response.json();
  }

  async function enter(email: string) {
    const body = { email, password: PASSWORD };
    try {
      await post('users/signup', body, email);
    } catch {
      // The account exists since an interrupted run.
      await post('users/signin', body, email);
    }
  }

  const hold = (ticketId: string, buyer: string) =>
    post<{ id: string }>('orders', { ticketId }, buyer, { prefer: 'wait=10' });

  await Promise.all([...SELLERS, BUYER, OTHER_BUYER].map(enter));
  const tickets: { id: string }[] = [];
  for (const [listing, seller] of listings(currency)) {
    tickets.push(await post<{ id: string }>('tickets', listing, seller));
  }
  const pick = (place: number) => tickets.at(-place)?.id as string;
  const sold = await hold(pick(9), BUYER);
  await post('payments', { orderId: sold.id, token: 'pm_card_visa' }, BUYER);
  for (const [place, buyer] of [
    [2, OTHER_BUYER],
    [4, BUYER],
    [7, BUYER],
    [12, OTHER_BUYER],
  ] as const) {
    await hold(pick(place), buyer);
  }
}
