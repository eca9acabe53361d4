/** Signing up and in, and the storage of passwords. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPasswords, type Passwords } from '@fairseat/auth';
import type { Stored } from '@fairseat/common/ports';
import {
  isDistributed,
  type ProblemBody,
  type Reply,
  TestMarketplace,
} from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface UserBody extends ProblemBody {
  id: string;
  email: string;
}

let market: TestMarketplace;
const realPasswords = createPasswords();
beforeAll(async () => {
  market = await TestMarketplace.open();
});
afterAll(() => market[Symbol.asyncDispose]());

const password = 'correct horse';
const signUp = (email: unknown, chosen: unknown = password, visitor = market.visitor()) =>
  visitor.post<UserBody>('/api/users/signup', { email, password: chosen });
const signIn = (email: unknown, tried: unknown = password, visitor = market.visitor()) =>
  visitor.post<UserBody>('/api/users/signin', { email, password: tried });

describe('an account', () => {
  it('is made by signing up, which signs in', async () => {
    const visitor = market.visitor();
    const { status, body } = await signUp('ada@example.com', password, visitor);
    expect({ status, body }).toEqual({
      status: 201,
      body: { id: expect.stringMatching(/^[0-9a-f]{32}$/), email: 'ada@example.com' },
    });
    const current = await visitor.get<{ currentUser: UserBody }>('/api/users/currentuser');
    expect(current.body).toEqual({ currentUser: body });
  });

  it('is entered by signing in and left by signing out', async () => {
    const { body: user } = await signUp('grace@example.com');
    const visitor = market.visitor();
    const current = async () => (await visitor.get('/api/users/currentuser')).body;
    expect(await current()).toEqual({ currentUser: null });
    expect(await signIn('grace@example.com', password, visitor)).toMatchObject({
      status: 200,
      body: user,
    });
    expect(await current()).toEqual({ currentUser: user });
    expect(await visitor.post('/api/users/signout', {})).toMatchObject({ status: 200, body: {} });
    expect(await current()).toEqual({ currentUser: null });
  });

  it.each([
    ['letter case', 'Lin@Example.com', 'lIN@eXAMPLE.COM'],
    ['white space around it', 'max@example.com', '  max@example.com '],
    ['spelling of the domain', 'user@münchen.de', 'user@XN--MNCHEN-3ya.de'],
    ['spelling of a whole domain', 'user@xn--80a1acny.xn--p1ai', 'user@почта.рф'],
  ])('belongs to one e-mail address whatever its %s', async (_, email, same) => {
    const { body } = await signUp(email);
    expect(body.email).toBe(email);
    expect((await signUp(same)).body).toMatchObject({ status: 409, code: 'email_taken' });
    expect(await signIn(same)).toMatchObject({ status: 200, body: { id: body.id } });
  });

  it.each([
    'smith&jones@example.com',
    "o'brien+tickets@example.com",
    '!#$%&*/=?^_`{|}~-@example.com',
    '"a quoted name"@example.com',
    '用户@例子.广告',
    'संपर्क@डाटामेल.भारत',
    'jörg@example.museum',
    '🎫@example.com',
  ])('may have the e-mail address %s', async (email) => {
    expect(await signUp(email)).toMatchObject({ status: 201, body: { email } });
    expect((await signIn(email)).status).toBe(200);
  });

  it('is made once by 20 sign-ups at the same time', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => signUp(n % 2 ? 'TWIN@example.com' : 'twin@example.com')),
    );
    const count = (status: number) => replies.filter((reply) => reply.status === status).length;
    expect([count(201), count(409)]).toEqual([1, 19]);
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'a b@example.com',
    'ada@exa mple.com',
    'ada..b@example.com',
    '.ada@example.com',
    'ada.@example.com',
    'ada@b@example.com',
    'ada@127.0.0.1',
    'ada\u202e@example.com',
    'ada\ud800@example.com',
    'ada@-example.com',
    'ada,b@example.com',
  ])('is refused to what is no e-mail address (%j)', async (email) => {
    const reply = await signUp(email);
    expect(faultsOf(reply, 400)).toEqual([]);
    expect(reply.body.errors).toMatchObject([{ field: 'email' }]);
  });

  it.each([
    ['7 characters', 'a'.repeat(7), 400],
    ['8 characters', 'a'.repeat(8), 201],
    ['7 characters that look like 14', '👍'.repeat(7), 400],
    ['8 characters beyond the first plane', '👍'.repeat(8), 201],
    ['128 characters', 'a'.repeat(128), 201],
    ['128 characters of four bytes', '👍'.repeat(128), 201],
    ['129 characters', 'a'.repeat(129), 400],
    ['spaces only', ' '.repeat(8), 201],
    ['a broken character', 'password\ud800', 400],
  ])('may have a password of %s or not', async (name, chosen, status) => {
    const email = `${name.replaceAll(' ', '-')}@example.com`;
    const reply = await signUp(email, chosen);
    if (status === 201) expect((await signIn(email, chosen)).status).toBe(200);
    else {
      expect(faultsOf(reply, status)).toEqual([]);
      expect(reply.body.errors).toMatchObject([{ field: 'password' }]);
    }
    expect(reply.status).toBe(status);
  });

  it.each([
    ['one of the worst', 'iloveyou'],
    ['one of the worst in capitals', 'PassWord123'],
    ['one of the worst in wide letters', 'ｐａｓｓｗｏｒｄ'],
    ['the e-mail address', 'Marguerite.Y@Example.com'],
    ['the name in the e-mail address', 'marguerite.y'],
  ])('is refused to a password that is %s, beside its field', async (_, chosen) => {
    const reply = await signUp('marguerite.y@example.com', chosen);
    expect(faultsOf(reply, 400)).toEqual([]);
    expect(reply.body).toMatchObject({ code: 'weak_password', errors: [{ field: 'password' }] });
  });

  it('that has one of the worst passwords from before is entered with it', async () => {
    const { id } = (await signUp('before@example.com')).body;
    const users = market.platform.table<Stored & { passwordHash: string }>('auth', {
      name: 'users',
    });
    const user = await users.get(id);
    if (user === undefined) throw new Error('no such account');
    const passwordHash = createHash('sha256').update('iloveyou').digest('hex');
    await users.replace(user, { ...user, version: user.version + 1, passwordHash });
    expect((await signIn('before@example.com', 'iloveyou')).status).toBe(200);
  });

  it('is entered by no other password', async () => {
    await signUp('exact@example.com');
    for (const wrong of ['Correct horse', 'correct horse ', 'correct hors', '', `${password}\0`]) {
      expect(faultsOf(await signIn('exact@example.com', wrong), 400)).toEqual([]);
    }
  });
});

describe('a password', () => {
  it('is kept as an argon2id hash and nowhere else', async () => {
    await using own = await TestMarketplace.open({ passwords: realPasswords });
    const secret = 'a very secret passphrase';
    await signUp('kept@example.com', secret, own.visitor());
    await signIn('kept@example.com', `${secret}, but wrong`, own.visitor());
    await own.settled();
    const files = readdirSync(own.dataDir).map((name) => readFileSync(join(own.dataDir, name)));
    const users = await own.platform.table('auth', { name: 'users' }).find({ limit: 10 });
    const kept = Buffer.concat(files).toString('latin1') + JSON.stringify(users);
    expect(kept).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(kept).not.toContain(secret);
  });

  it('is the same however a keyboard spells its letters', async () => {
    await using own = await TestMarketplace.open({ passwords: realPasswords });
    const chosen = 'Crème brûlée, naïve';
    for (const [n, form] of (['NFC', 'NFD'] as const).entries()) {
      const email = `spelt-${n}@example.com`;
      const other = form === 'NFC' ? 'NFD' : 'NFC';
      await signUp(email, chosen.normalize(form), own.visitor());
      const entered = await signIn(email, chosen.normalize(other), own.visitor());
      expect(entered.status).toBe(200);
    }
  });

  it('has another hash each time', async () => {
    const [one, two] = await Promise.all([
      realPasswords.hash(password),
      realPasswords.hash(password),
    ]);
    expect(one).not.toBe(two);
    expect(await realPasswords.matches(one, password)).toBe(true);
    expect(await realPasswords.matches(two, `${password}r`)).toBe(false);
  });
});

describe('a sign-in that fails', () => {
  const failures = async (visitors: TestMarketplace) => {
    await signUp('there@example.com', password, visitors.visitor());
    const wrong = await signIn('there@example.com', 'not this one', visitors.visitor());
    const unknown = await signIn('nobody@example.com', 'not this one', visitors.visitor());
    return [wrong, unknown];
  };
  const told = ({ status, headers, body: { instance: _, ...body } }: Reply<UserBody>) => {
    const { 'x-request-id': __, date: ___, ...rest } = headers;
    return { status, headers: rest, body };
  };

  it('does not tell a wrong password from an unknown e-mail address', async () => {
    const [wrong, unknown] = (await failures(market)).map(told);
    expect(wrong).toEqual(unknown);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'wrong_credentials' } });
  });

  it('checks a password once, whether the e-mail address is known or not', async () => {
    const checked: boolean[] = [];
    const passwords: Passwords = {
      hash: async () => 'hash',
      matches: async (hash) => {
        checked.push(hash !== undefined);
        return false;
      },
    };
    await using own = await TestMarketplace.open({ passwords });
    await failures(own);
    expect(checked).toEqual([true, false]);
  });

  it('takes as long for an unknown e-mail address as for a wrong password', async () => {
    const hash = await realPasswords.hash(password);
    const times = { unknown: [] as number[], known: [] as number[] };
    const time = async (kind: keyof typeof times, of: string | undefined) => {
      const startedAt = performance.now();
      expect(await realPasswords.matches(of, 'not this one')).toBe(false);
      times[kind].push(performance.now() - startedAt);
    };
    // They take turns, so that a busy phase of the machine slows both.
    for (let n = 0; n < 9; n++) {
      await time('unknown', undefined);
      await time('known', hash);
    }
    const median = (of: number[]) => of.toSorted((a, b) => a - b)[4] ?? 0;
    const ratio = median(times.unknown) / median(times.known);
    // If an unknown address were answered without hashing, it would be about a thousandth.
    expect(ratio).toBeGreaterThan(0.3);
    expect(ratio).toBeLessThan(3);
  });

  it('finds no account for "nobody", whose hash is checked then', async () => {
    expect(await realPasswords.matches(undefined, 'nobody has this password')).toBe(false);
  });
});

// Their number at one time is certain only where looking up an account takes no time.
(isDistributed ? () => {} : describe)('many sign-ins at once', () => {
  it('leave room for other work, and those beyond the limit are refused', async () => {
    await using own = await TestMarketplace.open({ passwords: realPasswords });
    await signUp('busy@example.com', password, own.visitor());
    let answered = 0;
    const replies = Array.from({ length: 90 }, async () => {
      const reply = await signIn('busy@example.com', password, own.visitor());
      if (reply.status === 200) answered += 1;
      return reply;
    });
    const refused = (await Promise.race(replies)) as Reply<UserBody>;
    expect(faultsOf(refused, 503)).toEqual([]);
    expect(refused.headers['retry-after']).toBe('1');

    // File access shares its threads with hashing, and requests share the event loop with everything.
    await readFile(import.meta.filename);
    expect((await own.visitor().get('/api/tickets')).status).toBe(200);
    expect(answered).toBeLessThan(20);

    const statuses = (await Promise.all(replies)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200)).toHaveLength(66);
  });
});
