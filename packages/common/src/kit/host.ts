import { Gauge, Registry } from 'prom-client';
import type { Platform } from '../ports.ts';
import { type App, addDocumentation, createApp } from './app.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { mount, type Running, type Service } from './service.ts';
import type { VerifySession } from './sessions.ts';

export interface HostOptions {
  platform: Platform;
  config: Config;
  log: Log;
  verifySession: VerifySession;
  requestTimeoutMs?: number;
  front?: Front;
}

/** What answers where no service does, such as pages. */
interface Front {
  /** Called before the services have their routes. */
  mount(app: App): void;
  readonly ready: boolean;
  close(): Promise<void>;
}

/** Services on their platform, behind one HTTP app. */
export interface Host {
  app: App;
  /** Begins deliveries, alarms and sweeps. Requests are served from then on. */
  start(): Promise<void>;
  /** Finishes what is in flight, then closes the platform. */
  stop(): Promise<void>;
}

/** Runs these services in this process: all of them, or one of several processes' worth. */
export async function createHost(services: Service[], options: HostOptions): Promise<Host> {
  const { platform, config, log, verifySession, requestTimeoutMs, front } = options;
  let ready = false;
  const app = await createApp({
    config,
    log,
    metrics: createMetrics(platform),
    newId: platform.newId,
    isReady: () => ready && (front?.ready ?? true),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  await addDocumentation(app, config);
  front?.mount(app);
  const running: Running[] = [];
  for (const service of services) {
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
        await front?.close();
      } finally {
        await platform.close();
      }
    },
  };
}

function createMetrics({ bus }: Platform): Registry {
  const metrics = new Registry();
  let asking: ReturnType<typeof bus.backlog> | undefined;
  const ask = () => {
    asking ??= bus.backlog().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const gauge = (count: 'dead' | 'events', name: string, help: string) =>
    new Gauge({
      name,
      help,
      labelNames: ['service'],
      registers: [metrics],
      async collect() {
        // What cannot be known now is left out, and all the rest is still told.
        this.reset();
        for (const group of await ask().catch(() => [])) {
          this.set({ service: group.group }, group[count]);
        }
      },
    });
  gauge(
    'dead',
    'fairseat_dead_letters',
    'Events that a service gave up on; each needs a person to look at it',
  );
  gauge('events', 'fairseat_event_backlog', 'Events that a service has yet to handle');
  return metrics;
}
