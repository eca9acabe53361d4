import { createAuth, type Passwords } from '@fairseat/auth';
import {
  type App,
  type Config,
  createApp,
  createSessionSigner,
  createSessionVerifier,
  type Log,
  mount,
  publicKeyOf,
  type Running,
} from '@fairseat/common/kit';
import type { Platform } from '@fairseat/common/ports';
import { expiration } from '@fairseat/expiration';
import { live } from '@fairseat/live';
import { orders } from '@fairseat/orders';
import { payments } from '@fairseat/payments';
import { tickets } from '@fairseat/tickets';
import type { JWK } from 'jose';
import { Gauge, Registry } from 'prom-client';
import type { Pages } from './pages.ts';

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

export interface Marketplace {
  app: App;
  /** Begins deliveries, alarms and sweeps. Requests are served from then on. */
  start(): Promise<void>;
  /** Finishes what is in flight, then closes the platform. */
  stop(): Promise<void>;
}

/** All services in one process, behind one HTTP app. */
export async function createMarketplace(options: MarketplaceOptions): Promise<Marketplace> {
  const { platform, config, log, sessionKey, passwords, requestTimeoutMs, pages } = options;
  const { clock } = platform;
  const signSession = await createSessionSigner(sessionKey, clock);
  const verifySession = await createSessionVerifier(publicKeyOf(sessionKey), clock);

  let ready = false;
  const app = await createApp({
    config,
    log,
    metrics: createMetrics(platform),
    newId: platform.newId,
    isReady: () => ready && (pages?.ready ?? true),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  pages?.mount(app);
  const running: Running[] = [];
  for (const service of [
    createAuth({ passwords, signSession }),
    tickets,
    orders,
    expiration,
    payments,
    live,
  ]) {
    running.push(await mount(service, { app, platform, config, log, verifySession }));
  }
  await app.ready();

  return {
    app,
    async start() {
      await platform.start();
      for (const service of running) service.start();
      ready = true;
    },
    async stop() {
      ready = false;
      try {
        await Promise.all([app.close(), ...running.map((service) => service.stop())]);
        await pages?.close();
      } finally {
        await platform.close();
      }
    },
  };
}

function createMetrics({ bus }: Platform): Registry {
  const metrics = new Registry();
  new Gauge({
    name: 'fairseat_dead_letters',
    help: 'Events that a service gave up on; each needs a person to look at it',
    labelNames: ['service'],
    registers: [metrics],
    async collect() {
      for (const { group, dead } of await bus.backlog()) this.set({ service: group }, dead);
    },
  });
  new Gauge({
    name: 'fairseat_event_backlog',
    help: 'Events that a service has yet to handle',
    labelNames: ['service'],
    registers: [metrics],
    async collect() {
      for (const { group, events } of await bus.backlog()) this.set({ service: group }, events);
    },
  });
  return metrics;
}
