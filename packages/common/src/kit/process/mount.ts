import type { AnyEvent } from '../../events.ts';
import type { Handlers, Platform, Table } from '../../ports/index.ts';
import { Changes } from '../decide/changes.ts';
import { createEventFactory } from '../decide/envelope.ts';
import { Records } from '../decide/records.ts';
import { repeat } from '../decide/repeat.ts';
import { publishedState, type Restorable } from '../decide/restore.ts';
import { type Source, sayAgain } from '../decide/say-again.ts';
import type { App } from '../http/app.ts';
import type { Devices } from '../http/devices.ts';
import {
  type EndedSession,
  endedSessions,
  type SignSession,
  type VerifySession,
} from '../http/sessions.ts';
import { createVisitors } from '../http/signed-in.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { Basics, Capabilities, Service, ServiceParts } from './service.ts';

export interface Running {
  /** Starts the tasks. */
  start(): void;
  /** Ends the tasks, and wakes all requests that wait. */
  stop(): Promise<void>;
}

export interface Surroundings {
  app: App;
  platform: Platform;
  config: Config;
  log: Log;
  verifySession: VerifySession;
  /** Passed on to the service that needs it alone. */
  signSession?: SignSession | undefined;
  devices?: Devices | undefined;
  /** Told what went back in time. */
  onRestore?: (part: 'database' | 'stream') => void;
  /** Told of each kind of trouble, each time. */
  onTrouble?: (kind: string) => void;
}

/** Connects a service to its platform and mounts its routes. Call before the platform starts. */
export async function mount(service: Service, surroundings: Surroundings): Promise<Running> {
  const { app, platform, onRestore = () => {} } = surroundings;
  const { parts, sources, restorable, ended, changes, log, clock } = build(service, surroundings);
  const sayAllAgain = async (floor = 0) => {
    log.info('every record is said again');
    const { said } = await sayAgain(sources, {
      ...{ clock, floor },
      onFailure: (table, id, err) => log.error({ err, table, id }, 'a record was not said again'),
    });
    log.info({ said }, 'every record was said again');
  };
  if (!service.listensOnly) platform.bus.onLoss(service.name, () => sayAllAgain());
  if (restorable) {
    const about = { service: service.name, log, clock, onRestore, sayAllAgain };
    platform.bus.onRestore(service.name, publishedState(restorable, about));
  }

  if (parts.routes) await app.register(parts.routes);
  if (!service.listensOnly) platform.bus.consume(service.name, handlersOf(parts, ended));

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

/** Of a service that knows no visitors. */
const NO_SESSIONS = { get: async () => undefined } as unknown as Table<EndedSession>;

/** Its own, and that of sessions for a service with routes. */
const handlersOf = ({ routes, handlers }: ServiceParts, ended: Table<EndedSession>): Handlers => ({
  ...handlers,
  ...(routes && {
    'session.ended': ({ data, version, time }) =>
      ended.keepNewest({
        id: data.sessionId,
        version,
        createdAt: time,
        expiresAt: data.expiresAt,
      }),
  }),
});

/** Builds a service on its platform, where nothing happens by itself yet. */
export function build(service: Service, surroundings: Omit<Surroundings, 'app'>) {
  const { platform, config, verifySession } = surroundings;
  const { clock, newId } = platform;
  const log = surroundings.log.child({ service: service.name });
  const newEvent = createEventFactory(service, clock, newId);
  const ended = service.listensOnly ? NO_SESSIONS : platform.table(service.name, endedSessions);
  const changes = new Changes(platform.bus, clock);
  const sources: Source[] = [];
  let restorable: Restorable | undefined;

  const basics: Basics = {
    config,
    log,
    clock,
    newId,
    changes,
    table: (definition) => platform.table(service.name, definition),
    records: ({ table, ...options }, ..._unpublishable) => {
      const saved = platform.table(service.name, table);
      const records = new Records({ ...options, newEvent, clock, newId, table: saved });
      if (options.asItStands) {
        sources.push({ name: table.name, sayAgain: (...page) => records.sayAgain(...page) });
      }
      if (options.restored) {
        const isForgotten = (event: AnyEvent) =>
          table.forgetAt !== undefined &&
          table.forgetAt(options.restored?.(event, undefined) as never) <= clock.now();
        restorable = {
          isLost: async (event) =>
            ((await records.get(event.subject))?.version ?? 0) < event.version &&
            !isForgotten(event),
          takeBack: (event) => records.takeBack(event),
        };
      }
      return records;
    },
    trouble(kind, message, about) {
      log.error(about, message);
      surroundings.onTrouble?.(kind);
    },
    publish: (type, record, data) => platform.bus.publish(newEvent(type, record, data)),
    ...createVisitors(config, verifySession, ended),
  };
  const parts: ServiceParts = service.build({ ...basics, ...capabilities(service, surroundings) });
  return { parts, sources, restorable, ended, changes, log, clock };
}

/** The capabilities that the service needs. No others are even prepared. */
function capabilities(
  { name, needs }: Service,
  { platform, signSession, devices }: Pick<Surroundings, 'platform' | 'signSession' | 'devices'>,
) {
  const all: { [N in keyof Capabilities]: () => Capabilities[N] } = {
    timers: () => platform.timers(name),
    rateLimiter: () => platform.rateLimiter,
    gateway: () => platform.gateway,
    eventLog: () => platform.eventLog(),
    registry: () => platform.registry(name),
    watch:
      () =>
      (...listeners) =>
        platform.bus.watch(...listeners),
    signSession: () => {
      if (!signSession) throw new Error(`${name} signs sessions and was given no key`);
      return signSession;
    },
    devices: () => {
      if (!devices) throw new Error(`${name} knows devices and was given no key`);
      return devices;
    },
  };
  return Object.fromEntries(needs.map((need) => [need, all[need]()])) as unknown as Capabilities;
}
