/** Known devices: tokens by which auth alone knows again a browser that has signed in before. No token is a session. */
import { hkdfSync } from 'node:crypto';
import { type JWK, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../ports/index.ts';
import type { Config } from '../process/config.ts';
import { sessionCookie } from './signed-in.ts';

const ALGORITHM = 'HS256';
const ISSUER = 'fairseat';
const TYPE = 'device+jwt';
const AUDIENCE = 'fairseat-auth';
const DEVICE_SECONDS = 365 * 24 * 60 * 60;
const MAX_TOKEN_LENGTH = 1024;

export interface Device {
  /** Of the session that the device began last. */
  id: string;
  /** The accounts that it signed in to, by their ids, each with the generation of its devices at that time. */
  accounts: Record<string, number>;
}

export interface Devices {
  /** Returns a signed token, valid for a year. */
  sign(device: Device): Promise<string>;
  /** Returns null when the token is forged, malformed or expired. */
  verify(token: string): Promise<Device | null>;
}

/** The key is derived from the private session key for this purpose alone, so new session keys forget all devices. */
export async function createDevices({ d = '' }: JWK, clock: Pick<Clock, 'now'>): Promise<Devices> {
  const secret = Buffer.from(d, 'base64url');
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'fairseat known devices', 32));
  return {
    sign({ id, accounts }) {
      const nowSeconds = Math.floor(clock.now() / 1000);
      return new SignJWT({ accounts })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setJti(id)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + DEVICE_SECONDS)
        .sign(key);
    },
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) return null;
      try {
        const { payload } = await jwtVerify<Pick<Device, 'accounts'>>(token, key, {
          ...{ algorithms: [ALGORITHM], typ: TYPE, issuer: ISSUER, audience: AUDIENCE },
          requiredClaims: ['jti', 'exp'],
          currentDate: new Date(clock.now()),
        });
        return { id: String(payload.jti), accounts: payload.accounts };
      } catch {
        return null;
      }
    },
  };
}

/** Name and options of the cookie of a known device. */
export function deviceCookie(config: Config) {
  const { name, options } = sessionCookie(config);
  return {
    name: name.replace('session', 'device'),
    options: { ...options, maxAge: DEVICE_SECONDS },
  };
}
