import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventDefinitions, EventPayloads, EventType } from '../../events.ts';
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
export interface Service<
  N extends Need = Need,
  H extends EventType = EventType,
  P extends object = object,
> {
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
  publishes?: EventDefinitions<P>;
  /** The events that it handles. The kit adds `session.ended` for a service with routes. */
  hears: readonly H[];
  /** Called once, before the platform starts. */
  build(context: ServiceContext<N, P>): ServiceParts<H>;
}

/**
 * Checks, by types, that a service uses only what it names in `needs`, handles exactly what it names in `hears`, and
 * publishes only its own events, each with all that it must have.
 */
export const defineService = <
  const N extends Need = never,
  const H extends EventType = never,
  P extends object = object,
>(
  service: Service<N, H, P>,
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

/** The platform as one service sees it, which publishes the events `P`. */
export type ServiceContext<N extends Need = never, P extends object = object> = Basics<P> &
  Pick<Capabilities, N>;

/** Of the facts of a record, those that cannot be published: another service's events, and those that lack something. */
type Unpublishable<F extends Fact, R, P> = {
  [T in F['type'] & EventType]: T extends keyof P
    ? Exclude<RequiredIn<EventPayloads[T]>, keyof R | keyof OfType<F, T>> extends never
      ? never
      : T
    : T;
}[F['type'] & EventType];
type RequiredIn<D> = { [K in keyof D]-?: object extends Pick<D, K> ? never : K }[keyof D];
type OfType<F extends Fact, T> = F extends Fact ? (T extends F['type'] ? F : never) : never;

/** The part of the platform that every service uses. */
export interface Basics<P extends object = object> extends Visitors {
  config: Config;
  log: Log;
  clock: Clock;
  newId: () => string;
  changes: Changes;
  /** A table of this service. */
  table<R extends Stored>(definition: TableDefinition<R>): Table<R>;
  /** A table of this service whose records change by decisions, which publish its events. */
  records<S extends Stored, F extends Fact, R extends object = S>(
    options: Omit<RecordsOptions<S, F, R>, 'table' | 'newEvent' | 'clock' | 'newId'> & {
      table: TableDefinition<S>;
    },
    ...unpublishable: [Unpublishable<F, R, P>] extends [never] ? [] : [Unpublishable<F, R, P>]
  ): Records<S, F>;
  /** Tells operators of what needs a person: a line in the log, counted by its kind in `/metrics`. */
  trouble(kind: string, message: string, about: object): void;
  /** Publishes an event that belongs to no record of this service. Resolves once it is durable. */
  publish<T extends EventType & keyof P>(
    type: T,
    record: { id: string; version: number },
    data: EventPayloads[T],
  ): Promise<void>;
}
