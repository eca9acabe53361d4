import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventDefinitions, EventType } from '../../events.ts';
import type {
  Bus,
  Clock,
  Handlers,
  Platform,
  Stored,
  Table,
  TableDefinition,
  Timers,
} from '../../ports/index.ts';
import type { Changes } from '../decide/changes.ts';
import type { Fact, Records, RecordsOptions } from '../decide/records.ts';
import type { Task } from '../decide/repeat.ts';
import type { SignSession } from '../http/sessions.ts';
import type { Visitors } from '../http/signed-in.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** What not every service uses. Who names it in `needs` finds it in the context that it is built from. */
export interface Capabilities {
  /** Alarms that survive a restart. */
  timers: Timers;
  /** Counters that all replicas share. */
  rateLimiter: Platform['rateLimiter'];
  /** Takes the money. */
  gateway: Platform['gateway'];
  /** Every event from now on, to each process. */
  watch: Bus['watch'];
  /** The private half of the key for sessions: who has it can be anybody. */
  signSession: SignSession;
}
type Need = keyof Capabilities;

/** A service's table of contents. Everything that a deployment must know of a service stands here. */
export interface Service<N extends Need = Need, H extends EventType = EventType> {
  /** Also that of its database, its consumer group and its process. */
  name: string;
  /** The paths that it answers, with everything below them. */
  prefixes: readonly string[];
  needs: readonly N[];
  /** The events that it alone publishes. */
  publishes?: EventDefinitions<object>;
  /** The events that it handles. One that answers requests also hears which sessions have ended. */
  hears: readonly H[];
  build(context: ServiceContext<N>): ServiceParts<H>;
}

/** Checks that a service is built from no more than it names, and handles just what it names. */
export const defineService = <const N extends Need = never, const H extends EventType = never>(
  service: Service<N, H>,
): Service => service as unknown as Service;

export type Routes = FastifyPluginAsyncZod;

interface ServiceParts<H extends EventType> {
  routes?: Routes;
  handlers?: Required<Pick<Handlers, H>>;
  tasks?: Task[];
}

/** What a service is built from: the platform as seen from its own corner. */
export type ServiceContext<N extends Need = never> = Basics & Pick<Capabilities, N>;

/** What every service uses. */
export interface Basics extends Visitors {
  config: Config;
  log: Log;
  clock: Clock;
  newId: () => string;
  changes: Changes;
  table<R extends Stored>(definition: TableDefinition<R>): Table<R>;
  records<S extends Stored, F extends Fact>(
    options: Omit<RecordsOptions<S, F>, 'table' | 'say'> & { table: TableDefinition<S> },
  ): Records<S, F>;
  /** Publishes an event that belongs to no record of this service. */
  publish(type: EventType, record: { id: string; version: number }, data: object): Promise<void>;
}
