import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventType } from '../events.ts';
import type {
  Bus,
  Clock,
  Handlers,
  Platform,
  Stored,
  Table,
  TableDefinition,
  Timers,
} from '../ports.ts';
import type { App } from './app.ts';
import { Changes } from './changes.ts';
import type { Config } from './config.ts';
import { createSay } from './envelope.ts';
import type { Log } from './log.ts';
import { type Fact, Records, type RecordsOptions } from './records.ts';
import { repeat, type Task } from './repeat.ts';
import { endedSessions, type VerifySession } from './sessions.ts';
import { createVisitors, type Visitors } from './signed-in.ts';

/** A service's table of contents. */
export interface Service {
  name: string;
  /** The events it may say. */
  publishes: EventType[];
  build(context: ServiceContext): ServiceParts;
}

export type Routes = FastifyPluginAsyncZod;

interface ServiceParts {
  routes?: Routes;
  handlers?: Handlers;
  tasks?: Task[];
}

/** What a service is built from: the platform as seen from its own corner. */
export interface ServiceContext extends Visitors {
  config: Config;
  log: Log;
  clock: Clock;
  newId: () => string;
  gateway: Platform['gateway'];
  rateLimiter: Platform['rateLimiter'];
  timers: Timers;
  changes: Changes;
  watch: Bus['watch'];
  table<R extends Stored>(definition: TableDefinition<R>): Table<R>;
  records<S extends Stored, F extends Fact>(
    options: Omit<RecordsOptions<S, F>, 'table' | 'say'> & { table: TableDefinition<S> },
  ): Records<S, F>;
  /** Says an event that belongs to no record of this service. */
  publish(type: EventType, record: { id: string; version: number }, data: object): Promise<void>;
}

export interface Running {
  /** Begins the periodic work. */
  start(): void;
  stop(): Promise<void>;
}

interface Surroundings {
  app: App;
  platform: Platform;
  config: Config;
  log: Log;
  verifySession: VerifySession;
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

  const parts = service.build({
    config,
    log,
    clock,
    newId: platform.newId,
    gateway: platform.gateway,
    rateLimiter: platform.rateLimiter,
    // Most services have no alarms: theirs need not be prepared.
    get timers() {
      return platform.timers(service.name);
    },
    changes,
    watch: (...listeners) => platform.bus.watch(...listeners),
    table: (definition) => platform.table(service.name, definition),
    records: ({ table, ...options }) => {
      const records = new Records({ ...options, say, table: platform.table(service.name, table) });
      told.push(() => records.sayAgain());
      return records;
    },
    publish: (type, record, data) => platform.bus.publish(say(type, record, data)),
    ...createVisitors(config, verifySession, ended),
  });

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
