import type { Platform } from '../../ports/index.ts';
import { type App, createApp } from '../http/app.ts';
import type { Devices } from '../http/devices.ts';
import { countRestores, countTroubles, createMetrics } from '../http/metrics.ts';
import { addDocumentation } from '../http/openapi.ts';
import type { SignSession, VerifySession } from '../http/sessions.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { mount, type Running } from './mount.ts';
import type { Service } from './service.ts';

export interface HostOptions {
  platform: Platform;
  config: Config;
  log: Log;
  verifySession: VerifySession;
  /** Required when one of the services signs sessions. */
  signSession?: SignSession | undefined;
  /** Required when one of the services knows devices. */
  devices?: Devices | undefined;
  requestTimeoutMs?: number;
  front?: Front;
}

/** Serves the paths that no service does, such as the pages. */
interface Front {
  /** Called before the services add their routes. */
  mount(app: App): void;
  readonly ready: boolean;
  close(): Promise<void>;
}

/** Services on their platform, behind one HTTP app. */
export interface Host {
  app: App;
  /** Starts deliveries, alarms and sweeps. The host is ready from then on. */
  start(): Promise<void>;
  /** Finishes the work in flight, then closes the platform. */
  stop(): Promise<void>;
}

/** Mounts these services in this process: all of them, or one where each has a process of its own. */
export async function createHost(services: Service[], options: HostOptions): Promise<Host> {
  const { platform, config, log, verifySession, signSession, devices, requestTimeoutMs, front } =
    options;
  let ready = false;
  const metrics = createMetrics(platform);
  const onRestore = countRestores(metrics);
  const onTrouble = countTroubles(metrics);
  const app = await createApp({
    config,
    log,
    metrics,
    newId: platform.newId,
    isReady: () => ready && (front?.ready ?? true),
    backfills: () => platform.backfills(),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  await addDocumentation(app, config);
  front?.mount(app);
  const running: Running[] = [];
  for (const service of services) {
    const { name } = service;
    running.push(
      await mount(service, {
        ...{ app, platform, config, log, verifySession, signSession, devices },
        onRestore: (part) => onRestore(name, part),
        onTrouble: (kind) => onTrouble(name, kind),
      }),
    );
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
