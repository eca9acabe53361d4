import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import {
  createSessionKey,
  createSessionSigner,
  createSessionVerifier,
  publicKeyOf,
} from './sessions.ts';

const clock = { now: () => Date.UTC(2026, 0, 1) };
const privateKey = await createSessionKey();
const sign = await createSessionSigner(privateKey, clock);
const verify = await createSessionVerifier(publicKeyOf(privateKey), clock);

/** A token of the same key, with the type and the audience given. */
const forged = async (typ: string | undefined, aud: string | string[] | undefined) =>
  new SignJWT({ sid: 's1', ...(aud !== undefined && { aud }) })
    .setProtectedHeader({ alg: 'EdDSA', ...(typ !== undefined && { typ }) })
    .setIssuer('fairseat')
    .setSubject('u1')
    .setIssuedAt(clock.now() / 1000)
    .setExpirationTime(clock.now() / 1000 + 60)
    .sign(await importJWK(privateKey, 'EdDSA'));

it('a session names its type and its audience', async () => {
  const token = await sign('u1', 's1');
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'session+jwt' });
  expect(decodeJwt(token)).toMatchObject({ aud: 'fairseat', sub: 'u1', sid: 's1' });
  expect(await verify(token)).toMatchObject({ userId: 'u1', sessionId: 's1' });
});

it.each([
  ['JWT', 'fairseat'],
  ['session+jwt', 'elsewhere'],
  ['session+jwt', ['fairseat', 'elsewhere']],
  ['', undefined],
])('a token of type %j for %j is no session', async (typ, aud) => {
  expect(await verify(await forged(typ, aud))).toBeNull();
});

it('a session of 0.1.0, which has neither, is valid until it expires', async () => {
  expect(await verify(await forged(undefined, undefined))).toMatchObject({ userId: 'u1' });
});
