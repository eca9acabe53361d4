/** Guessing passwords and making accounts in bulk are slow, and other people do not notice. */
import { Problem } from '@fairseat/common/errors';
import { TestMarketplace, type TestOptions } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { describe, expect, it } from 'vitest';

const open = ({ env, ...options }: TestOptions = {}) =>
  TestMarketplace.open({ ...options, env: { RATE_LIMITS: 'on', ...env } });

const OWNER = 'owner@example.com';
const RIGHT = 'correct horse';

function from(market: TestMarketplace, address: string) {
  const visitor = market.visitor();
  visitor.address = address;
  const signIn = (password: string, email = OWNER, headers = {}) =>
    visitor.post('/api/users/signin', { email, password }, headers);
  return {
    signIn,
    signUp: (n: number, headers = {}) =>
      visitor.post('/api/users/signup', { email: `n${n}@example.com`, password: RIGHT }, headers),
    /** The statuses of `count` guesses, one after the other. */
    async guess(count: number, email = OWNER) {
      const statuses = [];
      for (let n = 0; n < count; n++) statuses.push((await signIn(`guess ${n}`, email)).status);
      return statuses;
    },
  };
}

describe('guessing a password', () => {
  it('is slow after 5 failures from one address, with the time to wait', async () => {
    await using market = await open();
    await market.person(OWNER);
    const stranger = from(market, '203.0.113.1');
    expect(await stranger.guess(6)).toEqual([400, 400, 400, 400, 400, 429]);
    const refused = await stranger.signIn(RIGHT);
    expect(faultsOf(refused, 429)).toEqual([]);
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('does not lock out the owner, who comes from another address', async () => {
    await using market = await open();
    await market.person(OWNER);
    expect(await from(market, '203.0.113.1').guess(7)).toContain(429);
    expect((await from(market, '198.51.100.1').signIn(RIGHT)).status).toBe(200);
  });

  it('does not lock out other accounts at the same address', async () => {
    await using market = await open();
    await market.person(OWNER);
    await market.person('neighbour@example.com');
    const office = from(market, '203.0.113.1');
    expect(await office.guess(7)).toContain(429);
    expect((await office.signIn(RIGHT, 'neighbour@example.com')).status).toBe(200);
  });

  it('is limited also when all guesses are made at once', async () => {
    let checks = 0;
    await using market = await open({
      passwords: {
        hash: async () => 'hash',
        matches: async () => {
          checks += 1;
          return false;
        },
      },
    });
    const stranger = from(market, '203.0.113.1');
    await Promise.all(Array.from({ length: 50 }, (_, n) => stranger.signIn(`guess ${n}`)));
    expect(checks).toBe(5);
    const crowd = Array.from({ length: 200 }, (_, n) => from(market, `198.51.100.${n}`));
    await Promise.all(crowd.map(({ signIn }) => signIn('guess')));
    expect(checks).toBe(20);
  });

  it('counts the same for every spelling of the e-mail address', async () => {
    await using market = await open();
    const stranger = from(market, '203.0.113.1');
    const spellings = ['OWNER@example.com', ' owner@example.com', 'Owner@Example.com'];
    const statuses = [];
    for (const email of [...spellings, ...spellings])
      statuses.push(...(await stranger.guess(1, email)));
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
  });

  it('does not tell whether there is such an account', async () => {
    await using market = await open();
    await market.person(OWNER);
    const known = await from(market, '203.0.113.1').guess(7);
    expect(await from(market, '203.0.113.1').guess(7, 'nobody@example.com')).toEqual(known);
  });

  it('is forgiven once the right password was given', async () => {
    await using market = await open();
    await market.person(OWNER);
    const owner = from(market, '203.0.113.1');
    expect(await owner.guess(4)).not.toContain(429);
    expect((await owner.signIn(RIGHT)).status).toBe(200);
    expect(await owner.guess(5)).not.toContain(429);
  });

  it('of any account slows one address down, by a second', async () => {
    await using market = await open();
    await market.person(OWNER);
    const stranger = from(market, '203.0.113.1');
    for (let n = 0; n < 100; n++)
      expect(await stranger.guess(1, `n${n}@example.com`)).toEqual([400]);
    const more = await Promise.all(
      Array.from({ length: 10 }, (_, n) => stranger.signIn('guess', `m${n}@example.com`)),
    );
    const refused = more.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(8);
    expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['1']));
    expect(await from(market, '203.0.113.2').guess(1)).toEqual([400]);
  });

  it('leaves others their turn when one address signs in too much at once, rightly or not', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    await using market = await open({
      passwords: { hash: async () => 'hash', matches: () => promise },
    });
    await market.person(OWNER);
    const crowd = Array.from({ length: 20 }, (_, n) =>
      from(market, '203.0.113.1').signIn(RIGHT, `n${n}@example.com`),
    );
    const owner = from(market, '198.51.100.2').signIn(RIGHT);
    const refused = (await Promise.all(crowd.slice(16))).map(({ status }) => status);
    expect(refused).toEqual([429, 429, 429, 429]);
    resolve(true);
    expect((await owner).status).toBe(200);
    await Promise.all(crowd);
  });

  it('counts no attempt that was sent away because too many are signing in', async () => {
    let busy = true;
    await using market = await open({
      passwords: {
        hash: async () => 'hash',
        matches: async () => {
          if (busy) throw new Problem(503, 'busy', 'Try again.', { retryAfterSeconds: 1 });
          return true;
        },
      },
    });
    await market.person(OWNER);
    const owner = from(market, '203.0.113.1');
    // More than may be checked at once from one network: none of them may keep its place.
    expect(new Set(await owner.guess(20))).toEqual(new Set([503]));
    busy = false;
    expect((await owner.signIn(RIGHT)).status).toBe(200);
  });
});

describe('signing up', () => {
  it('is limited to 20 an hour from one address', async () => {
    await using market = await open();
    const crowd = from(market, '203.0.113.1');
    for (let n = 0; n < 20; n++) expect((await crowd.signUp(n)).status).toBe(201);
    const refused = await crowd.signUp(20);
    expect(faultsOf(refused, 429)).toEqual([]);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3600);
    expect((await from(market, '203.0.113.2').signUp(20)).status).toBe(201);
  });
});

describe('the address of a visitor', () => {
  const forwarded = (address: string) => ({ 'x-forwarded-for': address });

  it('is that of the connection, whatever X-Forwarded-For says', async () => {
    await using market = await open();
    const liar = from(market, '203.0.113.1');
    for (let n = 0; n < 5; n++) await liar.signIn('guess', OWNER, forwarded(`198.51.100.${n}`));
    expect((await liar.signIn('guess', OWNER, forwarded('198.51.100.9'))).status).toBe(429);
  });

  it('is what a trusted proxy says, and no other', async () => {
    await using market = await open({ env: { TRUSTED_PROXIES: '10.0.0.0/8, ::1' } });
    const proxy = from(market, '10.1.2.3');
    for (let n = 0; n < 6; n++) {
      expect((await proxy.signIn('guess', OWNER, forwarded(`198.51.100.${n}`))).status).toBe(400);
    }
    const stranger = from(market, '203.0.113.1');
    for (let n = 0; n < 5; n++) await stranger.signIn('guess', OWNER, forwarded('198.51.100.77'));
    expect((await stranger.signIn('guess', OWNER, forwarded('198.51.100.78'))).status).toBe(429);
    expect((await proxy.signIn('guess', OWNER, forwarded('198.51.100.77'))).status).toBe(400);
    // The visitor's own entries in the header come before the one that the proxy adds.
    for (let n = 0; n < 4; n++)
      await proxy.signIn('guess', 'a@example.com', forwarded(`192.0.2.${n}, 198.51.100.5`));
    expect((await proxy.signIn('guess', 'a@example.com', forwarded('198.51.100.5'))).status).toBe(
      400,
    );
    expect((await proxy.signIn('guess', 'a@example.com', forwarded('198.51.100.5'))).status).toBe(
      429,
    );
  });

  it('is its whole network for IPv6, where everybody has many', async () => {
    await using market = await open();
    for (const n of [1, 2, 3, 4, 5]) await from(market, `2001:db8:1:2::${n}`).guess(1);
    expect(await from(market, '2001:db8:1:2:ffff::1').guess(1)).toEqual([429]);
    expect(await from(market, '2001:db8:1:3::1').guess(1)).toEqual([400]);
  });

  it('is also its /48, which may do ten times as much', async () => {
    await using market = await open();
    const signUp = async (address: string, n: number) =>
      (await from(market, address).signUp(n)).status;
    const many = Array.from({ length: 20 }, (_, n) => n);
    for (let network = 0; network < 10; network++) {
      const statuses = many.map((n) => signUp(`2001:db8:1:${network}::1`, network * 20 + n));
      expect(new Set(await Promise.all(statuses))).toEqual(new Set([201]));
    }
    expect(await signUp('2001:db8:1:a::1', 200)).toBe(429);
    expect(await signUp('2001:db8:2:a::1', 201)).toBe(201);
  });

  it.each([
    ['of any port', (n: number) => `198.51.100.7:${40_000 + n}`, '198.51.100.7'],
    ['of IPv6 and any port', (n: number) => `[2001:db8::7]:${40_000 + n}`, '2001:DB8:0::7'],
    ['of IPv4 as IPv6', (n: number) => `${n % 2 ? '::ffff:' : ''}198.51.100.7`, '198.51.100.7'],
    [
      'that proxies of any port passed on',
      (n: number) => `198.51.100.7, 10.0.0.9:${n}`,
      '198.51.100.7',
    ],
    ['that is hidden', (n: number) => `_hidden${n}`, 'unknown'],
  ])('is the same %s', async (_, spelled, same) => {
    await using market = await open({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
    const proxy = from(market, '10.1.2.3');
    const guess = async (address: string) =>
      (await proxy.signIn('guess', OWNER, forwarded(address))).status;
    for (let n = 1; n <= 5; n++) expect(await guess(spelled(n))).toBe(400);
    expect(await guess(same)).toBe(429);
    expect(await guess('198.51.100.8')).toBe(400);
  });
});
