import type { AnyEvent, EventType } from '@fairseat/common/events';
import type {
  DeadLetter,
  OpenGateway,
  PaymentGateway,
  Platform,
  Stored,
  TableDefinition,
} from '@fairseat/common/ports';
import { ACK_WAIT_MS, timingOf } from '../delivery.ts';
import { openWhenAsked } from '../gateway.ts';
import { unlimited } from '../rate-limiter.ts';
import { Log, SimulatedBus } from './bus.ts';
import { Environment, type Timing } from './environment.ts';
import { createGateway, providerClock, withinProvider } from './gateway.ts';
import type { Engine, Entry } from './history.ts';
import { createClock, createNewId, Member } from './process.ts';
import { type Counter, createRateLimiter } from './rate-limiter.ts';
import { SavedRecords } from './saved-records.ts';
import { type Saved, SimulatedTable } from './table.ts';
import { Alarms, createTimers } from './timers.ts';
import type { Weather } from './weather.ts';
import { type Origin, Wire } from './wire.ts';

export interface SimulationOptions extends Partial<Timing> {
  /** A whole number. The same seed and the same calls give the same history. */
  seed: number;
  weather: Weather;
  /** What the payment provider runs. Needed where a service takes money. */
  openGateway?: OpenGateway;
  /** Milliseconds since the epoch. */
  startsAtMs?: number;
  rateLimits?: boolean;
}

export interface SimulatedProcess {
  readonly name: string;
  readonly platform: Platform;
  readonly isAlive: boolean;
  /** Nothing of it runs again. What it has saved stays; what is on its way is done or lost. */
  crash(): void;
}

/** What is stored below all services, seen without any fault. */
export interface Engines {
  /** Of the table `${service}_${name}`, by id. */
  records(table: string): ReadonlyMap<string, Stored>;
  /** All that groups have given up on. */
  deadLetters(): DeadLetter[];
  /** Every event on the bus, in the order they came to it. */
  readonly events: readonly AnyEvent[];
}

const STARTS_AT_MS = Date.UTC(2026, 0, 1);
const FORGOTTEN_WITHIN_MS = 60_000;

/** Engines, network and time of a whole marketplace, all from one seed. */
export class Simulation {
  readonly engines: Engines;
  readonly #environment: Environment;
  readonly #wire: Wire;
  readonly #log: Log;
  readonly #tables = new Map<string, SavedRecords<Stored>>();
  readonly #alarms = new Map<string, Alarms>();
  readonly #counters = new Map<string, Map<string, Counter>>();
  readonly #provider: () => PaymentGateway;
  readonly #rateLimits: boolean;

  constructor(options: SimulationOptions) {
    const { seed, weather, startsAtMs = STARTS_AT_MS, rateLimits = false } = options;
    // Drawn from up to here: in the mean as long as where it is real.
    const { ackWaitMs = 2 * ACK_WAIT_MS } = options;
    const timing = { ...timingOf(options), ackWaitMs };
    this.#environment = new Environment(seed, startsAtMs, weather, timing);
    this.#wire = new Wire(this.#environment);
    this.#log = new Log(this.#environment);
    this.#rateLimits = rateLimits;
    this.#provider = openWhenAsked(options.openGateway, {
      clock: providerClock(this.#environment),
      table: (service, definition) =>
        this.#table(withinProvider.wire, withinProvider.origin, service, definition),
    });
    this.engines = {
      records: (table) => this.#tables.get(table)?.all ?? new Map(),
      deadLetters: () => this.#log.deadLetters,
      events: this.#log.events,
    };
  }

  /** True virtual time, in milliseconds since the epoch. */
  get nowMs(): number {
    return this.#environment.queue.nowMs;
  }

  /** Numbers from 0 to below 1: the same for the same name, whatever else happens. */
  random(stream: string): () => number {
    const luck = this.#environment.scopes.first(`given ${stream}`);
    return () => luck.next();
  }

  /** A new process, whose clock is off by so much. */
  process(name: string, skewMs: number): SimulatedProcess {
    const member = new Member(name, this.#environment);
    this.#log.join(member);
    const platform = this.#platform(member, skewMs);
    return {
      name,
      platform,
      get isAlive() {
        return member.isAlive;
      },
      crash: () => member.crash(),
    };
  }

  /** Does this at that time, after what was asked for the same moment before. */
  at(atMs: number, work: () => void): void {
    const { queue, scopes } = this.#environment;
    queue.at(atMs, scopes.first(`moment ${atMs}`).next(), work);
  }

  /** What comes next, and all that follows from it at once. Answers false when nothing is left to happen. */
  step(): Promise<boolean> {
    return this.#environment.queue.step();
  }

  /** All that happens until then. @throws what work given to `at` or a listener of the history threw. */
  runUntil(atMs: number): Promise<void> {
    return this.#environment.queue.runUntil(atMs);
  }

  /** No event undelivered, no handler or call under way, no alarm due. Looks of periodic work do not count. */
  get isQuiet(): boolean {
    return (
      this.#environment.underWay === 0 &&
      this.#log.isQuiet &&
      [...this.#alarms.values()].every((alarms) => alarms.isQuiet)
    );
  }

  setWeather(weather: Weather): void {
    this.#environment.weather = weather;
  }

  /** Until then this engine answers nobody; with an owner, only not this service (`gateway` has none). */
  outage(engine: Engine, untilMs: number, owner?: string): void {
    this.#environment.outage({ engine, owner, untilMs });
  }

  /** All alarms are gone. */
  loseTimers(): void {
    this.#environment.fault({ process: 'timers', story: undefined }, 'alarms lost', 'all');
    for (const alarms of this.#alarms.values()) alarms.lose();
  }

  /** This group never hears of the next event of this type. Answers how to call that off. */
  loseEvent(group: string, type: EventType): () => void {
    return this.#log.group(group).lose(type);
  }

  /** Tells everything that happens from now on, in order. */
  onHistory(listener: (entry: Entry) => void): void {
    this.#environment.onHistory(listener);
  }

  #platform(member: Member, skewMs: number): Platform {
    const clock = createClock(member, skewMs, this.#environment);
    const gateway = () => createGateway(this.#wire, member, this.#provider(), this.#environment);
    return {
      clock,
      newId: createNewId(clock, member.name, this.#environment),
      table: (service, definition) => {
        member.services.add(service);
        return this.#table(this.#wire, member, service, definition);
      },
      bus: new SimulatedBus(this.#wire, this.#log, member, this.#environment),
      timers: (service) => {
        member.services.add(service);
        const alarms = this.#alarms.get(service) ?? new Alarms(service, this.#environment);
        this.#alarms.set(service, alarms);
        return createTimers(this.#wire, member, service, alarms);
      },
      get gateway() {
        return gateway();
      },
      rateLimiter: (name, limit) => {
        if (!this.#rateLimits) return unlimited;
        const counters = this.#counters.get(name) ?? new Map<string, Counter>();
        this.#counters.set(name, counters);
        return createRateLimiter(counters, limit, this.#environment);
      },
      start: async () => member.start(),
      close: () => member.close(),
    };
  }

  #table<R extends Stored>(
    wire: Pick<Wire, 'call'>,
    origin: Origin,
    service: string,
    definition: TableDefinition<R>,
  ) {
    const records = this.#records(service, definition);
    return new SimulatedTable(wire, origin, service, records, this.#saved(service, records));
  }

  #records<R extends Stored>(service: string, definition: TableDefinition<R>): SavedRecords<R> {
    const name = `${service}_${definition.name}`;
    const records =
      (this.#tables.get(name) as SavedRecords<R> | undefined) ??
      new SavedRecords<R>(name, definition);
    this.#tables.set(name, records as unknown as SavedRecords<Stored>);
    return records;
  }

  /** What follows from every write. */
  #saved<R extends Stored>(service: string, records: SavedRecords<R>): Saved {
    const { name: table, definition } = records;
    return (caller, before, after, events) => {
      this.#environment.tell(caller, { kind: 'write', table, before, after, events });
      this.#log.relay(service, events);
      const forgetAt = definition.forgetAt?.(after as R);
      if (forgetAt !== undefined) this.#forget(records, after as R, forgetAt);
    };
  }

  #forget<R extends Stored>(records: SavedRecords<R>, record: R, forgetAt: number) {
    const { queue, scopes } = this.#environment;
    const luck = scopes.first(`${records.name} ${record.id} ${record.version} forgotten`);
    const lateMs = luck.between(0, FORGOTTEN_WITHIN_MS);
    queue.at(forgetAt + lateMs, luck.next(), () => {
      if (records.all.get(record.id) !== record) return;
      records.forget(record);
      const caller = { process: 'tables', story: undefined };
      this.#environment.tell(caller, { kind: 'forget', table: records.name, before: record });
    });
  }
}
