/** Session cookies that Fairseat has not made, or has made for another. */
import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type webcrypto,
} from 'node:crypto';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const WEEK_SECONDS = 7 * 24 * 60 * 60;

let market: TestMarketplace;
let victim: Visitor;
let token: string;
let key: KeyObject;
beforeAll(async () => {
  market = await TestMarketplace.open();
  victim = await market.person();
  token = victim.token;
  key = createPrivateKey({ key: market.sessionKey as webcrypto.JsonWebKey, format: 'jwk' });
});
afterAll(async () => {
  expect((await victim.get('/api/orders')).status).toBe(200);
  await market[Symbol.asyncDispose]();
});

const encode = (part: object | string | Buffer) =>
  (part instanceof Buffer
    ? part
    : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  ).toString('base64url');
const now = () => Math.floor(market.clock.now() / 1000);
const claims = (changed: object = {}) => ({
  iss: 'fairseat',
  sub: victim.id,
  sid: 'f'.repeat(32),
  iat: now(),
  exp: now() + WEEK_SECONDS,
  ...changed,
});
const EDDSA = { alg: 'EdDSA' };

function made(header: object, payload: object | string, by: KeyObject) {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${encode(sign(null, Buffer.from(signed), by))}`;
}
const parts = () => token.split('.') as [string, string, string];
const other = () => generateKeyPairSync('ed25519');

function hmac(alg: string, secret: string | Buffer) {
  const signed = `${encode({ alg })}.${encode(claims())}`;
  return `${signed}.${encode(createHmac('sha256', secret).update(signed).digest())}`;
}

const forgeries: Record<string, () => string> = {
  'signed by another key': () => made(EDDSA, claims(), other().privateKey),
  'signed by another key that it brings along': () => {
    const { privateKey, publicKey } = other();
    return made({ ...EDDSA, jwk: publicKey.export({ format: 'jwk' }) }, claims(), privateKey);
  },
  'not signed': () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
  'not signed, in other letters': () => `${encode({ alg: 'nOnE' })}.${encode(claims())}.`,
  'not signed, although it says so': () => `${encode(EDDSA)}.${encode(claims())}.`,
  'signed with the public key as a secret': () =>
    hmac('HS256', Buffer.from(market.sessionKey.x ?? '', 'base64url')),
  'signed with the text of the public key as a secret': () =>
    hmac('HS256', market.sessionKey.x ?? ''),
  'for another person under the signature of one': () =>
    [parts()[0], encode(claims({ sub: 'f'.repeat(32) })), parts()[2]].join('.'),
  'with another signature': () => [parts()[0], parts()[1], encode(Buffer.alloc(64, 1))].join('.'),
  'cut short': () => token.slice(0, -10),
  'cut to its claims': () => parts().slice(0, 2).join('.'),
  'with more behind it': () => `${token}.${parts()[2]}`,
  'made longer': () => `${token}AAAA`,
  expired: () => made(EDDSA, claims({ iat: now() - 10, exp: now() - 1 }), key),
  'expiring now': () => made(EDDSA, claims({ exp: now() }), key),
  'not valid yet': () => made(EDDSA, claims({ nbf: now() + 60 }), key),
  'without an end': () => made(EDDSA, claims({ exp: undefined }), key),
  'without a session': () => made(EDDSA, claims({ sid: undefined }), key),
  'of nobody': () => made(EDDSA, claims({ sub: undefined }), key),
  'from another issuer': () => made(EDDSA, claims({ iss: 'elsewhere' }), key),
  'with claims that are no JSON': () => made(EDDSA, 'not JSON', key),
  'with claims that are no object': () => made(EDDSA, '[]', key),
  'with extensions that must be understood': () =>
    made({ ...EDDSA, crit: ['b64'], b64: false }, claims(), key),
  'very long': () => made(EDDSA, claims({ more: 'x'.repeat(5000) }), key),
  empty: () => '',
  'of dots': () => '..',
  'of nonsense': () => 'nonsense',
  'of percent signs': () => '%00%ff%',
  'of what every object has': () => '__proto__',
  'an object': () => '{"$gt":""}',
};

describe('a session cookie that is', () => {
  it.each(Object.keys(forgeries))('%s is no session, on any service', async (name) => {
    const forger = market.visitor();
    forger.cookie = `session=${forgeries[name]?.()}`;
    const replies = await Promise.all([
      forger.list('A seat', 1),
      forger.get('/api/tickets?mine=true'),
      forger.get('/api/orders'),
      forger.get(`/api/payments/${'f'.repeat(32)}`),
    ]);
    expect(replies.flatMap((reply) => faultsOf(reply as never, 401))).toEqual([]);
    const current = await forger.get('/api/users/currentuser');
    expect(current).toMatchObject({ status: 200, body: { currentUser: null } });
  });

  it('made as Fairseat makes them is one, so the others are refused for what is wrong with them', async () => {
    const forger = market.visitor();
    forger.cookie = `session=${made(EDDSA, claims(), key)}`;
    const current = await forger.get<{ currentUser: { id: string } }>('/api/users/currentuser');
    expect(current.body.currentUser.id).toBe(victim.id);
  });

  it('sent before a good one, such as a stale one of another path, keeps nobody out', async () => {
    const person = market.visitor();
    person.cookie = `session=nonsense; session=${token}`;
    expect((await person.get('/api/orders')).status).toBe(200);
  });
});
