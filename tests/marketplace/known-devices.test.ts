/** Guesses on one account are slowed down together; a device that was signed in to it before is not. */
import { createSessionKey } from '@fairseat/common/kit';
import { cookieNamed } from '@fairseat/test-support/cookies';
import {
  isDistributed,
  othersTurn,
  type ProblemBody,
  TestMarketplace,
  type TestOptions,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { describe, expect, it, vi } from 'vitest';

const OWNER = 'owner@example.com';
const RIGHT = 'correct horse';
const YEAR_SECONDS = 365 * 24 * 60 * 60;

const open = (options: TestOptions = {}) =>
  TestMarketplace.open({ ...options, env: { RATE_LIMITS: 'on', ...options.env } });

const signIn = (visitor: Visitor, password = RIGHT, email = OWNER) =>
  visitor.post<ProblemBody>('/api/users/signin', { email, password });

function stranger(market: TestMarketplace, address: string): Visitor {
  const visitor = market.visitor();
  visitor.address = address;
  return visitor;
}

/** A browser with the device cookie of another alone. */
function withDeviceOf(owner: Visitor, market: TestMarketplace, address = owner.address): Visitor {
  const visitor = stranger(market, address);
  visitor.cookie = `device=${cookieNamed('device', owner.cookie)}`;
  return visitor;
}

/** The statuses of guesses on one account, three from each of 200 addresses at once. */
async function attack(market: TestMarketplace) {
  const crowd = Array.from({ length: 200 }, (_, n) => stranger(market, `203.0.113.${n}`));
  const guesses = [1, 2, 3].flatMap((n) => crowd.map((visitor) => signIn(visitor, `guess ${n}`)));
  return (await Promise.all(guesses)).map(({ status }) => status);
}

const deviceLine = ({ headers }: { headers: Record<string, unknown> }) =>
  [headers['set-cookie'] as string[]].flat().find((line) => /^(__Host-)?device=/.test(line)) ?? '';

describe('guesses from 200 addresses on one account', () => {
  it('are slowed down together, and the device of its owner is not', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    const statuses = await attack(market);
    expect(statuses.filter((status) => status === 400)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(580);
    const unknown = await signIn(stranger(market, '198.51.100.1'));
    expect(faultsOf(unknown, 429)).toEqual([]);
    expect(unknown.body.detail).toBe('Too many wrong passwords for this account.');
    expect(Number(unknown.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect((await signIn(owner)).status).toBe(200);
    await owner.post('/api/users/signout', {});
    expect((await signIn(owner)).status).toBe(200);
    const neighbour = stranger(market, '203.0.113.1');
    neighbour.cookie = owner.cookie;
    expect((await signIn(neighbour)).status).toBe(200);
  });

  it('slow down no other account', async () => {
    await using market = await open();
    await market.person('other@example.com');
    await attack(market);
    const other = stranger(market, '203.0.113.1');
    expect((await signIn(other, RIGHT, 'other@example.com')).status).toBe(200);
  });
});

/** The counters of servers have a clock of their own. */
(isDistributed ? () => {} : describe)('the wait of an unknown device', () => {
  it.each([
    ['for an account under attack', 30, (market: TestMarketplace) => attack(market)],
    [
      'at an office with 50 wrong guesses on the account',
      60,
      async (market: TestMarketplace) => {
        for (let n = 0; n < 50; n++) await signIn(stranger(market, '198.51.100.1'), `guess ${n}`);
      },
    ],
  ])('%s is at most %i seconds', async (_, seconds, guess) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await using market = await open();
      await market.person(OWNER);
      await guess(market);
      const device = stranger(market, '198.51.100.1');
      const refused = await signIn(device);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(seconds);
      vi.setSystemTime(Date.now() + Number(refused.headers['retry-after']) * 1000);
      expect((await signIn(device)).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an office', () => {
  it('with 50 wrong guesses on other accounts keeps nobody waiting', async () => {
    await using market = await open();
    await market.person(OWNER);
    for (let n = 0; n < 50; n++) {
      await signIn(stranger(market, '198.51.100.1'), 'guess', `n${n % 10}@example.com`);
    }
    expect((await signIn(stranger(market, '198.51.100.1'))).status).toBe(200);
  });

  it('may sign in to one account several times at once', async () => {
    const matches = async () => {
      await othersTurn(50);
      return true;
    };
    await using market = await open({ passwords: { hash: async () => 'hash', matches } });
    await market.person(OWNER);
    const crowd = Array.from({ length: 16 }, () => signIn(stranger(market, '198.51.100.1')));
    expect(new Set((await Promise.all(crowd)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a known device', () => {
  it('is slowed down by its own guesses', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    const thief = withDeviceOf(owner, market, '203.0.113.1');
    const statuses = [];
    for (let n = 0; n < 6; n++) statuses.push((await signIn(thief, `guess ${n}`)).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
    // The owner has a device of their own from the next sign-in on.
    expect((await signIn(stranger(market, '198.51.100.1'))).status).toBe(200);
  });

  it('is known to the accounts that it signed in to, four of them, and to no other', async () => {
    await using market = await open();
    await market.person(OWNER);
    const [device, attacker] = [market.visitor(), stranger(market, '203.0.113.1')];
    await signIn(device);
    for (const n of [1, 2, 3]) {
      const body = { email: `n${n}@example.com`, password: RIGHT };
      expect((await device.post('/api/users/signup', body)).status).toBe(201);
    }
    await attacker.post('/api/users/signup', { email: 'mine@example.com', password: RIGHT });
    await attack(market);
    expect((await signIn(withDeviceOf(device, market))).status).toBe(200);
    expect((await signIn(withDeviceOf(attacker, market))).status).toBe(429);
    await device.post('/api/users/signup', { email: 'n4@example.com', password: RIGHT });
    expect((await signIn(withDeviceOf(device, market))).status).toBe(429);
  });

  it.each([
    ['the cookie of another account', async (_: Visitor, other: Visitor) => `${other.cookie}`],
    [
      'a cookie of other keys',
      async () => {
        await using elsewhere = await open();
        return String((await elsewhere.person(OWNER)).cookie);
      },
    ],
    ['the session as its cookie', async (owner: Visitor) => `device=${owner.token}`],
  ])('is not one with %s', async (_, cookieOf) => {
    await using market = await open();
    const [owner, other] = [await market.person(OWNER), await market.person()];
    await attack(market);
    const liar = stranger(market, '203.0.113.1');
    liar.cookie = await cookieOf(owner, other);
    expect((await signIn(liar)).status).toBe(429);
  });

  it('is forgotten after a year, and when its account signs out everywhere', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    const phone = stranger(market, '198.51.100.1');
    await signIn(phone);
    await attack(market);
    expect((await signIn(withDeviceOf(phone, market))).status).toBe(200);
    const everywhere = await owner.post('/api/users/signout-everywhere', {});
    expect(deviceLine(everywhere)).toMatch(/^device=; .*Expires=Thu, 01 Jan 1970/);
    expect((await signIn(withDeviceOf(phone, market))).status).toBe(429);

    await using later = await open();
    const old = await later.person(OWNER);
    later.clock.advance(YEAR_SECONDS * 1000);
    await attack(later);
    expect((await signIn(withDeviceOf(old, later))).status).toBe(429);
  });

  it('is forgotten with the session keys', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    await market.stop();
    await market.start(await createSessionKey());
    await attack(market);
    expect((await signIn(withDeviceOf(owner, market))).status).toBe(429);
  });

  it('has no session', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    const device = cookieNamed('device', owner.cookie);
    for (const cookie of [`device=${device}`, `session=${device}`]) {
      const thief = market.visitor();
      thief.cookie = cookie;
      expect((await thief.get('/api/orders')).status).toBe(401);
    }
  });

  it.each([
    ['http://127.0.0.1:3000', 'device', []],
    ['https://tickets.example', '__Host-device', ['Secure']],
  ])(
    'at %s has a cookie %s, out of reach of scripts and other sites',
    async (origin, name, more) => {
      await using market = await open({ env: { PUBLIC_ORIGIN: origin } });
      const body = { email: OWNER, password: RIGHT };
      for (const path of ['signup', 'signin']) {
        const line = deviceLine(await market.visitor().post(`/api/users/${path}`, body));
        const [cookie = '', ...flags] = line.split('; ');
        expect(cookie.split('=')[0]).toBe(name);
        const expected = ['HttpOnly', `Max-Age=${YEAR_SECONDS}`, 'Path=/', 'SameSite=Lax', ...more];
        expect(flags.toSorted()).toEqual(expected);
      }
    },
  );
});

(isDistributed ? describe : () => {})('on several replicas', () => {
  it('guesses on one account are slowed down together, and a known device is known to all', async () => {
    await using market = await open();
    const owner = await market.person(OWNER);
    await using replica = await open({ beside: market });
    const crowd = Array.from({ length: 200 }, (_, n) =>
      signIn(stranger(n % 2 ? market : replica, `203.0.113.${n}`), 'guess'),
    );
    const statuses = (await Promise.all(crowd)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(20);
    expect((await signIn(withDeviceOf(owner, replica))).status).toBe(200);
    expect((await signIn(stranger(replica, '198.51.100.1'))).status).toBe(429);
  });
});
