/** The session cookie: its attributes, its lifetime, and the sites that may use it. */

import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DAY_MS = 24 * 60 * 60 * 1000;
const NO_ID = 'f'.repeat(32);

let market: TestMarketplace;
beforeAll(async () => {
  market = await TestMarketplace.open();
});
afterAll(() => market[Symbol.asyncDispose]());

/** The answers of all services to a visitor who is not signed in, route by route. */
async function refusals(visitor: Visitor): Promise<(number | object)[]> {
  const current = await visitor.get<{ currentUser: object }>('/api/users/currentuser');
  const replies = await Promise.all([
    visitor.list('A seat', 1),
    visitor.edit(NO_ID, 'A seat', 1),
    visitor.withdraw(NO_ID),
    visitor.get('/api/tickets?mine=true'),
    visitor.order(NO_ID),
    visitor.get('/api/orders'),
    visitor.get(`/api/orders/${NO_ID}`),
    visitor.cancel(NO_ID),
    visitor.pay(NO_ID),
    visitor.get(`/api/payments/${NO_ID}`),
    visitor.post(`/api/payments/${NO_ID}/settle`, {}),
    visitor.post('/api/test-gateway/pi_test_1/confirm', { approve: true }),
  ]);
  return [current.body.currentUser, ...replies.map(({ status }) => status)];
}
const refusedEverywhere = [null, ...Array(12).fill(401)];

/** A visitor who kept the cookie that signing out has cleared. */
function thief(of: Visitor, where = market): Visitor {
  const visitor = where.visitor();
  visitor.cookie = of.cookie;
  return visitor;
}

const setCookie = async (where: TestMarketplace, path: string, visitor = where.visitor()) => {
  const credentials = { email: 'cookie@example.com', password: 'correct horse' };
  const body = path === 'signout' ? {} : credentials;
  const { headers } = await visitor.post(`/api/users/${path}`, body);
  const isSession = (line: string) => /^(__Host-)?session=/.test(line);
  const line = [headers['set-cookie'] ?? []].flat().map(String).find(isSession) ?? '';
  const [cookie = '', ...flags] = line.split('; ');
  return { name: cookie.split('=')[0], value: cookie.split('=')[1], flags: flags.toSorted() };
};

describe('the session cookie', () => {
  it('is out of reach of scripts and other sites, and ends after 7 days', async () => {
    const flags = ['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Lax'];
    expect(await setCookie(market, 'signup')).toMatchObject({ name: 'session', flags });
    expect(await setCookie(market, 'signin')).toMatchObject({ name: 'session', flags });
  });

  it('is sent over HTTPS alone, and set by this host alone, behind HTTPS', async () => {
    await using secure = await TestMarketplace.open({
      env: { PUBLIC_ORIGIN: 'https://tickets.example' },
    });
    const flags = ['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Lax', 'Secure'];
    const visitor = secure.visitor();
    const cookie = await setCookie(secure, 'signup', visitor);
    expect(cookie).toMatchObject({ name: '__Host-session', flags });
    const cleared = await setCookie(secure, 'signout', visitor);
    expect(cleared).toMatchObject({ name: '__Host-session', value: '' });
    expect(cleared.flags).toEqual(expect.arrayContaining(['Path=/', 'Secure']));
    // A cookie without the prefix may come from a sibling domain.
    const fooled = secure.visitor();
    fooled.cookie = `session=${cookie.value}`;
    expect((await fooled.get('/api/orders')).status).toBe(401);
  });

  it('is cleared by signing out', async () => {
    const { value, flags } = await setCookie(market, 'signout', await market.person());
    expect(value).toBe('');
    expect(flags).toContain('Expires=Thu, 01 Jan 1970 00:00:00 GMT');
  });
});

describe('a session', () => {
  it('holds for 7 days and no longer', async () => {
    await using own = await TestMarketplace.open();
    const person = await own.person();
    own.clock.advance(7 * DAY_MS - 60_000);
    expect((await person.get('/api/orders')).status).toBe(200);
    own.clock.advance(60_000);
    expect(await refusals(person)).toEqual(refusedEverywhere);
  });

  it('survives a restart', async () => {
    await using own = await TestMarketplace.open();
    const person = await own.person();
    await own.stop();
    await own.start();
    expect((await person.get('/api/orders')).status).toBe(200);
  });

  it('is refused by every service within a second of signing out', async () => {
    const tookMs: number[] = [];
    // The quickest of a few counts, since a busy machine may stop for a moment.
    for (let n = 0; n < 5; n++) {
      const person = await market.person();
      const old = thief(person);
      const startedAt = performance.now();
      await person.post('/api/users/signout', {});
      await market.settled();
      expect(await refusals(old)).toEqual(refusedEverywhere);
      tookMs.push(performance.now() - startedAt);
    }
    expect(Math.min(...tookMs)).toBeLessThan(1000);
  });

  it.each(['crash', 'stop'] as const)(
    'that was signed out is refused by every service after a %s',
    async (end) => {
      await using own = await TestMarketplace.open();
      const person = await own.person();
      const old = thief(person, own);
      await person.post('/api/users/signout', {});
      await own[end]();
      await own.start();
      await own.settled();
      expect(await refusals(old)).toEqual(refusedEverywhere);
    },
  );

  it('that was signed out stays refused until it would have ended anyway', async () => {
    await using own = await TestMarketplace.open();
    const person = await own.person();
    const old = thief(person, own);
    await person.post('/api/users/signout', {});
    await own.settled();
    own.clock.advance(7 * DAY_MS - 60_000);
    await own.settled();
    expect(await refusals(old)).toEqual(refusedEverywhere);
  });

  it('ends alone: others of the same person go on', async () => {
    const person = await market.person('two-devices@example.com');
    const phone = market.visitor();
    await phone.post('/api/users/signin', {
      email: 'two-devices@example.com',
      password: 'correct horse',
    });
    await person.post('/api/users/signout', {});
    await market.settled();
    expect((await phone.get('/api/orders')).status).toBe(200);
  });

  it.each(['signin', 'signup'])('ends with a %s that came with its cookie', async (path) => {
    const person = await market.person(`again-${path}@example.com`);
    const old = thief(person);
    const email = path === 'signin' ? 'again-signin@example.com' : 'another@example.com';
    await person.post(`/api/users/${path}`, { email, password: 'correct horse' });
    await market.settled();
    expect(await refusals(old)).toEqual(refusedEverywhere);
    expect((await person.get('/api/orders')).status).toBe(200);
  });

  it('outlives a sign-in that was refused', async () => {
    const person = await market.person('refused@example.com');
    await person.post('/api/users/signin', { email: 'refused@example.com', password: 'wrong' });
    await market.settled();
    expect((await person.get('/api/orders')).status).toBe(200);
  });

  it('ends with all others of the account when it is signed out everywhere', async () => {
    const credentials = { email: 'everywhere@example.com', password: 'correct horse' };
    const laptop = await market.person(credentials.email);
    const devices = await Promise.all(
      Array.from({ length: 120 }, async () => {
        const device = market.visitor();
        await device.post('/api/users/signin', credentials);
        return device;
      }),
    );
    const other = await market.person();
    const old = thief(laptop);
    expect(await laptop.post('/api/users/signout-everywhere', {})).toMatchObject({
      status: 200,
      body: {},
    });
    await market.settled();
    expect(await refusals(old)).toEqual(refusedEverywhere);
    const replies = await Promise.all(devices.map((device) => device.get('/api/orders')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await other.get('/api/orders')).status).toBe(200);
    await laptop.post('/api/users/signin', credentials);
    expect((await laptop.get('/api/orders')).status).toBe(200);
  });

  it('may be signed out twice, or not be there at all', async () => {
    const person = await market.person();
    const old = thief(person);
    await person.post('/api/users/signout', {});
    for (const visitor of [old, market.visitor()]) {
      expect((await visitor.post('/api/users/signout', {})).status).toBe(200);
    }
  });
});

describe('a changing request', () => {
  const origin = 'https://tickets.example';
  const env = { PUBLIC_ORIGIN: origin };
  let secure: TestMarketplace;
  let person: Visitor;
  beforeAll(async () => {
    secure = await TestMarketplace.open({ env });
    person = await secure.person();
  });
  afterAll(() => secure[Symbol.asyncDispose]());

  it.each<Record<string, string>>([
    {},
    { origin },
    { origin, 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-origin' },
  ])('from the same site or a program is done (%j)', async (headers) => {
    expect((await person.list('A seat', 1, headers)).status).toBe(201);
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://tickets.example' },
    { origin: 'https://tickets.example:8443' },
    { origin: 'https://evil.tickets.example' },
    { origin: 'https://tickets.example.evil.example' },
    { origin: 'http://127.0.0.1:3000' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('from another site is refused on every route (%j)', async (headers) => {
    const requests = [
      ['POST', '/api/users/signup'],
      ['POST', '/api/users/signin'],
      ['POST', '/api/users/signout'],
      ['POST', '/api/users/signout-everywhere'],
      ['POST', '/api/tickets'],
      ['PUT', `/api/tickets/${NO_ID}`],
      ['DELETE', `/api/tickets/${NO_ID}`],
      ['POST', '/api/orders'],
      ['DELETE', `/api/orders/${NO_ID}`],
      ['POST', '/api/payments'],
      ['POST', `/api/payments/${NO_ID}/settle`],
      ['POST', '/api/test-gateway/pi_test_1/confirm'],
    ] as const;
    for (const [method, url] of requests) {
      const reply = await person.request(method, url, {}, headers);
      expect(faultsOf(reply, 403)).toEqual([]);
      expect(reply.body.code).toBe('other_origin');
    }
  });

  it('that only looks is answered from anywhere', async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const reply = await person.get('/api/tickets', headers);
    expect(reply.status).toBe(200);
    // No script of that site can read the answer.
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });
});
