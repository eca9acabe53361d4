import type { EventType } from '@fairseat/common/events';
import type {
  OpenGateway,
  PaymentGateway,
  Platform,
  Stored,
  TableDefinition,
} from '@fairseat/common/ports';
import { ACK_WAIT_MS, timingOf } from '../delivery.ts';
import { openWhenAsked } from '../gateway.ts';
import { unlimited } from '../rate-limiter.ts';
import { EmbeddedEngines } from './embedded-engines.ts';
import { Environment, type Outage, type Timing } from './environment.ts';
import { createGateway, providerClock, withinProvider } from './gateway.ts';
import type { Engines, Ground } from './ground.ts';
import type { Entry } from './history.ts';
import { OwnEngines } from './own-engines.ts';
import { createClock, createNewId, Member, type Skew } from './process.ts';
import { type Counter, createRateLimiter } from './rate-limiter.ts';
import { SavedRecords } from './saved-records.ts';
import { SimulatedTable } from './table.ts';
import type { Weather } from './weather.ts';
import { Wire } from './wire.ts';

export interface SimulationOptions extends Partial<Timing> {
  /** A whole number. The same seed and the same calls give the same history. */
  seed: number;
  weather: Weather;
  /** Milliseconds since the epoch. */
  startsAtMs?: number;
  rateLimits?: boolean;
  /** Required when a service takes money. */
  openGateway?: OpenGateway;
  /** `embedded` runs the real store, bus and alarms on a simulated disk, which one process may open at a time. */
  platform?: SimulatedPlatform;
}

export type SimulatedPlatform = 'simulated' | 'embedded';

export interface SimulatedProcess {
  readonly name: string;
  readonly platform: Platform;
  readonly isAlive: boolean;
  readonly isPaused: boolean;
  /** Ends it at once: none of its code runs again. Saved writes stay, and writes on their way are done or lost. */
  crash(): void;
  /** The same in the middle of its next commit, which luck saves or loses. The returned function calls it off. */
  crashAtCommit(onCrash: () => void): () => void;
  /** Runs none of its code until that time, while its engines go on. */
  pause(untilMs: number): void;
  /** Does work now, or when a pause of it is over. */
  whenAwake(work: () => void): void;
}

const STARTS_AT_MS = Date.UTC(2026, 0, 1);

/** The engines, network and time of a whole marketplace, all from one seed. */
export class Simulation {
  readonly engines: Engines;
  readonly #environment: Environment;
  readonly #wire: Wire;
  readonly #ground: Ground;
  readonly #counters = new Map<string, Map<string, Counter>>();
  readonly #provider: () => PaymentGateway;
  /** The tables of the payment provider, outside all processes. */
  readonly #provided = new Map<string, SavedRecords<Stored>>();
  readonly #rateLimits: boolean;

  constructor(options: SimulationOptions) {
    const { seed, weather, startsAtMs = STARTS_AT_MS, rateLimits = false, platform } = options;
    // The waits are drawn evenly up to this, so their mean is the real one.
    const { ackWaitMs = 2 * ACK_WAIT_MS } = options;
    const { eventsKeptMs } = options;
    const timing = {
      ...{ ...timingOf(options), ackWaitMs },
      ...(eventsKeptMs !== undefined && { eventsKeptMs }),
    };
    this.#environment = new Environment(seed, startsAtMs, weather, timing);
    this.#wire = new Wire(this.#environment);
    this.#rateLimits = rateLimits;
    this.#ground =
      platform === 'embedded'
        ? new EmbeddedEngines(this.#environment)
        : new OwnEngines(this.#environment, this.#wire);
    this.#provider = openWhenAsked(options.openGateway, {
      clock: providerClock(this.#environment),
      table: (service, definition) => this.#tableOfProvider(service, definition),
    });
    this.engines = {
      records: (table) => this.#provided.get(table)?.all ?? this.#ground.records(table),
      deadLetters: () => this.#ground.deadLetters(),
      events: this.#ground.events,
    };
  }

  /** True virtual time, in milliseconds since the epoch. */
  get nowMs(): number {
    return this.#environment.queue.nowMs;
  }

  /** Returns a source of numbers from 0 to below 1, which are the same for the same name whatever else happens. */
  random(stream: string): () => number {
    const luck = this.#environment.scopes.first(`given ${stream}`);
    return () => luck.next();
  }

  /** Creates a process, whose clock is off by `skewMs`. */
  process(name: string, skewMs: Skew): SimulatedProcess {
    const member = new Member(name, this.#environment);
    const platform = this.#platform(member, skewMs);
    return {
      name,
      platform,
      get isAlive() {
        return member.isAlive;
      },
      get isPaused() {
        return member.isPaused;
      },
      crash: () => member.crash(),
      crashAtCommit: (onCrash) => member.crashAtCommit(onCrash),
      pause: (untilMs) => member.pause(untilMs),
      whenAwake: (work) => member.whenAwake(work),
    };
  }

  /** Runs work at a time, after work that was scheduled for the same time before. */
  at(atMs: number, work: () => void): void {
    const { queue, scopes } = this.#environment;
    queue.at(atMs, scopes.first(`moment ${atMs}`).next(), work);
  }

  /** Runs the next happening, and all that follows from it at once. Returns false when nothing is left. */
  step(): Promise<boolean> {
    return this.#environment.queue.step();
  }

  /** Runs everything until that time. @throws the error of work given to `at`, or of a listener of the history. */
  runUntil(atMs: number): Promise<void> {
    return this.#environment.queue.runUntil(atMs);
  }

  /** True when no event is undelivered, no handler or call under way, no alarm due. Periodic reads do not count. */
  get isQuiet(): boolean {
    return this.#environment.underWay === 0 && this.#ground.isQuiet;
  }

  setWeather(weather: Weather): void {
    this.#environment.weather = weather;
  }

  /** Takes an engine, or a part of it, from all processes or from one (`gateway` has no owner). */
  outage(outage: Outage): void {
    this.#environment.outage(outage);
  }

  /** Loses all alarms. */
  loseTimers(): void {
    this.#environment.fault({ process: 'timers', story: undefined }, 'alarms lost', 'all');
    this.#ground.loseTimers();
  }

  /** Loses the next event of this type for this group. The returned function calls it off. */
  loseEvent(group: string, type: EventType): () => void {
    return this.#ground.loseEvent(group, type);
  }

  /** Loses all streams of the bus. */
  loseBus(): void {
    this.#environment.fault({ process: 'bus', story: undefined }, 'bus lost', 'all');
    this.#ground.loseBus();
  }

  /** Copies the database of a service. The returned function puts it back, while no process of it is alive. */
  backUp(service: string): () => void {
    return this.#ground.backUp(service);
  }

  /** Calls back with everything that happens from now on, in order. */
  onHistory(listener: (entry: Entry) => void): void {
    this.#environment.onHistory(listener);
  }

  #platform(member: Member, skewMs: Skew): Platform {
    const clock = createClock(member, skewMs, this.#environment);
    const newId = createNewId(clock, member.name, this.#environment);
    const gateway = () => createGateway(this.#wire, member, this.#provider(), this.#environment);
    return {
      clock,
      newId,
      ...this.#ground.platform(member, { clock, newId }),
      get gateway() {
        return gateway();
      },
      rateLimiter: (name, limit) => {
        if (!this.#rateLimits) return unlimited;
        const counters = this.#counters.get(name) ?? new Map<string, Counter>();
        this.#counters.set(name, counters);
        return createRateLimiter(counters, limit, this.#environment);
      },
    };
  }

  #tableOfProvider<R extends Stored>(service: string, definition: TableDefinition<R>) {
    const records = new SavedRecords(`${service}_${definition.name}`, definition);
    this.#provided.set(records.name, records as unknown as SavedRecords<Stored>);
    const { origin, wire } = withinProvider;
    return new SimulatedTable(wire, origin, service, records, (caller, before, after, events) =>
      this.#environment.tell(caller, { kind: 'write', table: records.name, before, after, events }),
    );
  }
}
