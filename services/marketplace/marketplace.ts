import { createAuth, type Passwords } from '@fairseat/auth';
import type { Pages } from '@fairseat/client';
import {
  type Config,
  createHost,
  createSessionSigner,
  createSessionVerifier,
  type Host,
  type Log,
  publicKeyOf,
} from '@fairseat/common/kit';
import type { Platform } from '@fairseat/common/ports';
import { expiration } from '@fairseat/expiration';
import { live } from '@fairseat/live';
import { orders } from '@fairseat/orders';
import { payments } from '@fairseat/payments';
import { tickets } from '@fairseat/tickets';
import type { JWK } from 'jose';

export interface MarketplaceOptions {
  platform: Platform;
  config: Config;
  log: Log;
  /** The private key that sessions are signed with; only auth gets it. */
  sessionKey: JWK;
  passwords: Passwords;
  requestTimeoutMs?: number;
  /** What answers where the API does not; without it there is the API alone. */
  pages?: Pages;
}

/** All services in one process, behind one HTTP app. */
export async function createMarketplace(options: MarketplaceOptions): Promise<Host> {
  const { sessionKey, passwords, pages, ...surroundings } = options;
  const { clock } = options.platform;
  const signSession = await createSessionSigner(sessionKey, clock);
  const verifySession = await createSessionVerifier(publicKeyOf(sessionKey), clock);
  const auth = createAuth({ passwords, signSession });
  return createHost([auth, tickets, orders, expiration, payments, live], {
    ...surroundings,
    verifySession,
    ...(pages && { front: pages }),
  });
}
