import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventDefinitions, EventType } from '../../events.ts';
import type {
  Bus,
  Clock,
  EventLog,
  Handlers,
  Platform,
  Registry,
  Stored,
  Table,
  TableDefinition,
  Timers,
} from '../../ports/index.ts';
import type { Changes } from '../decide/changes.ts';
import type { Fact, Records, RecordsOptions } from '../decide/records.ts';
import type { Task } from '../decide/repeat.ts';
import type { Unknown } from '../decide/restore.ts';
import type { Devices } from '../http/devices.ts';
import type { SignSession } from '../http/sessions.ts';
import type { Visitors } from '../http/signed-in.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** The parts of the platform that only some services use. A service gets those that it names in `needs`. */
export interface Capabilities {
  /** Alarms that survive a restart. */
  timers: Timers;
  /** Counters that all replicas share. */
  rateLimiter: Platform['rateLimiter'];
  /** The payment gateway. */
  gateway: Platform['gateway'];
  /** Every event from now on, to each process. */
  watch: Bus['watch'];
  /** All events that are kept, in one order. */
  eventLog: EventLog;
  /** Documents that an operator's commands and all replicas share. */
  registry: Registry;
  /** Signs sessions with the private key: a service that has it can act as any user. */
  signSession: SignSession;
  /** Signs and verifies the tokens of known devices. */
  devices: Devices;
}
type Need = keyof Capabilities;

/** The definition of a service: everything that a deployment must know of it. */
export interface Service<N extends Need = Need, H extends EventType = EventType> {
  /** Also the name of its database, its consumer group and its process. */
  name: string;
  /** The paths that it serves, with everything below them. */
  prefixes: readonly string[];
  /** The paths among them that other servers call, from any origin, and how many bytes their messages may have. */
  webhooks?: Readonly<Record<string, number>>;
  /** It has no tables, handlers or signed-in visitors, so on the distributed platform it needs NATS alone. */
  listensOnly?: true;
  /** The capabilities that its context has. */
  needs: readonly N[];
  /** The events that it alone publishes. */
  publishes?: EventDefinitions<object>;
  /** The events that it handles. The kit adds `session.ended` for a service with routes. */
  hears: readonly H[];
  /** Called once, before the platform starts. */
  build(context: ServiceContext<N>): ServiceParts<H>;
}

/** Checks, by types, that a service uses only what it names in `needs` and handles exactly what it names in `hears`. */
export const defineService = <const N extends Need = never, const H extends EventType = never>(
  service: Service<N, H>,
): Service => service as unknown as Service;

/** A Fastify plugin of routes with zod schemas. */
export type Routes = FastifyPluginAsyncZod;

export interface ServiceParts<H extends EventType = EventType> {
  routes?: Routes;
  handlers?: Required<Pick<Handlers, H>>;
  tasks?: Task[];
  /** What cannot be known after the database went back to a backup that was made at this time (ms since the epoch). */
  unknowns?: (backupAt: number) => Promise<Unknown[]>;
  /** Compares its records since a time (ms since the epoch) with what somebody outside says of the same. */
  reconcile?: (since: number) => Promise<Reconciliation>;
}

export interface Reconciliation {
  /** How many of the other's records were looked at. */
  looked: number;
  differences: Difference[];
}

export interface Difference {
  /** Which records, what differs, and what is to do about it, in one line. */
  line: string;
  /** Does what has one right answer. May be called again. */
  mend?: () => Promise<void>;
}

/** The platform as one service sees it. */
export type ServiceContext<N extends Need = never> = Basics & Pick<Capabilities, N>;

/** The part of the platform that every service uses. */
export interface Basics extends Visitors {
  config: Config;
  log: Log;
  clock: Clock;
  newId: () => string;
  changes: Changes;
  /** A table of this service. */
  table<R extends Stored>(definition: TableDefinition<R>): Table<R>;
  /** A table of this service whose records change by decisions, which publish events. */
  records<S extends Stored, F extends Fact>(
    options: Omit<RecordsOptions<S, F>, 'table' | 'newEvent' | 'clock' | 'newId'> & {
      table: TableDefinition<S>;
    },
  ): Records<S, F>;
  /** Tells operators of what needs a person: a line in the log, counted by its kind in `/metrics`. */
  trouble(kind: string, message: string, about: object): void;
  /** Publishes an event that belongs to no record of this service. Resolves once it is durable. */
  publish(type: EventType, record: { id: string; version: number }, data: object): Promise<void>;
}
