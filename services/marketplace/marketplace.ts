import type { Passwords } from '@fairseat/auth';
import type { Pages } from '@fairseat/client';
import {
  type Config,
  createDevices,
  createHost,
  createSessionSigner,
  createSessionVerifier,
  type Host,
  type Log,
  publicKeyOf,
} from '@fairseat/common/kit';
import type { Platform } from '@fairseat/common/ports';
import type { JWK } from 'jose';
import { createServices } from './services.ts';

export interface MarketplaceOptions {
  platform: Platform;
  config: Config;
  log: Log;
  /** The private key that sessions are signed with; only auth gets it. */
  sessionKey: JWK;
  /** Replaces the real hashing of passwords, which is slow on purpose. */
  passwords?: Passwords | undefined;
  requestTimeoutMs?: number;
  /** Serves the paths that the API does not; without it the API runs alone. */
  pages?: Pages;
}

/** All services in one process, behind one HTTP app. */
export async function createMarketplace(options: MarketplaceOptions): Promise<Host> {
  const { sessionKey, passwords, pages, ...surroundings } = options;
  const { clock } = options.platform;
  return createHost(createServices(passwords), {
    ...surroundings,
    devices: await createDevices(sessionKey, clock),
    signSession: await createSessionSigner(sessionKey, clock),
    verifySession: await createSessionVerifier(publicKeyOf(sessionKey), clock),
    ...(pages && { front: pages }),
  });
}
