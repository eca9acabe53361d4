import type { Platform } from '../../ports/index.ts';
import { Changes } from '../decide/changes.ts';
import { createSay } from '../decide/envelope.ts';
import { Records } from '../decide/records.ts';
import { repeat } from '../decide/repeat.ts';
import type { App } from '../http/app.ts';
import { endedSessions, type SignSession, type VerifySession } from '../http/sessions.ts';
import { createVisitors } from '../http/signed-in.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { Basics, Capabilities, Service } from './service.ts';

export interface Running {
  /** Begins the periodic work. */
  start(): void;
  stop(): Promise<void>;
}

export interface Surroundings {
  app: App;
  platform: Platform;
  config: Config;
  log: Log;
  verifySession: VerifySession;
  /** For the service that needs it; no other gets it. */
  signSession?: SignSession | undefined;
}

/** Connects a service to its platform and mounts its routes. Call before the platform starts. */
export async function mount(service: Service, surroundings: Surroundings): Promise<Running> {
  const { app, platform, config, verifySession } = surroundings;
  const { clock } = platform;
  const log = surroundings.log.child({ service: service.name });
  const say = createSay(service, clock, platform.newId);
  const ended = platform.table(service.name, endedSessions);
  const changes = new Changes(platform.bus, clock);

  const told: (() => Promise<void>)[] = [];
  platform.bus.onLoss(service.name, async () => {
    for (const sayAgain of told) await sayAgain();
  });

  const basics: Basics = {
    config,
    log,
    clock,
    newId: platform.newId,
    changes,
    table: (definition) => platform.table(service.name, definition),
    records: ({ table, ...options }) => {
      const records = new Records({ ...options, say, table: platform.table(service.name, table) });
      told.push(() => records.sayAgain());
      return records;
    },
    publish: (type, record, data) => platform.bus.publish(say(type, record, data)),
    ...createVisitors(config, verifySession, ended),
  };
  const parts = service.build({ ...basics, ...capabilities(service, surroundings) });

  if (parts.routes) await app.register(parts.routes);
  platform.bus.consume(service.name, {
    ...parts.handlers,
    ...(parts.routes && {
      'session.ended': ({ data, version, time }) =>
        ended.keepNewest({
          id: data.sessionId,
          version,
          createdAt: time,
          expiresAt: data.expiresAt,
        }),
    }),
  });

  let stops: (() => Promise<void>)[] = [];
  return {
    start() {
      stops = (parts.tasks ?? []).map((task) => repeat(task, clock, log));
    },
    async stop() {
      changes.close();
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** What the service needs, and nothing else: what is not asked for is not prepared either. */
function capabilities({ name, needs }: Service, { platform, signSession }: Surroundings) {
  const all: { [N in keyof Capabilities]: () => Capabilities[N] } = {
    timers: () => platform.timers(name),
    rateLimiter: () => platform.rateLimiter,
    gateway: () => platform.gateway,
    watch:
      () =>
      (...listeners) =>
        platform.bus.watch(...listeners),
    signSession: () => {
      if (!signSession) throw new Error(`${name} signs sessions and was given no key`);
      return signSession;
    },
  };
  return Object.fromEntries(needs.map((need) => [need, all[need]()])) as unknown as Capabilities;
}
