import { AsyncLocalStorage } from 'node:async_hooks';
import { currentStory } from '@fairseat/common/context';
import type { DeliveryTiming } from '../delivery.ts';
import type { Engine, Entry, Fault, Happening } from './history.ts';
import { type Luck, type Scope, Scopes } from './luck.ts';
import { Queue } from './queue.ts';
import type { Weather } from './weather.ts';

export interface Timing extends DeliveryTiming {
  /** The longest time until a silent consumer is taken as dead. */
  ackWaitMs: number;
  /** How long events stay on the bus that every group has handled; unset for ever. */
  eventsKeptMs?: number;
}

/** Work that an engine gave a process: the handling of an event or of an alarm. */
export interface Work {
  scope: Scope;
  /** The calls it may still make before its process goes silent. */
  callsLeft: number;
  /** True when it then goes on, late, rather than stopping. */
  isZombie: boolean;
  isStopped: boolean;
}

export const works = new AsyncLocalStorage<Work>();

/** The origin of a call, as recorded in the history. */
export interface Caller {
  process: string;
  story: string | undefined;
}

export interface Outage {
  engine: Engine;
  /** The part of the engine that is away; unset for all of it. */
  owner?: string | undefined;
  /** The only process that is cut from it; unset when all are. */
  process?: string | undefined;
  /** True when its disk is full: reads go on. */
  ofWrites?: boolean | undefined;
  untilMs: number;
}

/** Who asks for an engine, and what for. */
interface Asked {
  process?: string;
  isWrite?: boolean;
}

/** Time, luck, weather and history, which all engines share. */
export class Environment {
  readonly queue: Queue;
  readonly scopes: Scopes;
  readonly timing: Timing;
  weather: Weather;
  /** The number of calls under way, except for reads by periodic work. */
  underWay = 0;
  readonly #listeners: ((entry: Entry) => void)[] = [];
  #outages: Outage[] = [];
  /** By service: since when its database is there, if it was put back. */
  readonly #putBackMs = new Map<string, number>();

  constructor(seed: number, startsAtMs: number, weather: Weather, timing: Timing) {
    this.queue = new Queue(startsAtMs);
    this.scopes = new Scopes(seed);
    this.weather = weather;
    this.timing = timing;
  }

  /** The scope to draw luck in: that of the work under way, else that of its story. */
  currentScope(): Scope | undefined {
    const work = works.getStore();
    if (work) return work.scope;
    const story = currentStory();
    return story && this.scopes.of(story.correlationId);
  }

  after(delayMs: number, luck: Luck, work: () => void) {
    return this.queue.at(this.queue.nowMs + delayMs, luck.next(), work);
  }

  onHistory(listener: (entry: Entry) => void) {
    this.#listeners.push(listener);
  }

  tell({ process, story }: Caller, happening: Happening) {
    if (this.#listeners.length === 0) return;
    const entry = { atMs: this.queue.nowMs, process, story, ...happening };
    for (const listener of this.#listeners) listener(entry);
  }

  fault(caller: Caller, what: Fault, where: string) {
    this.tell(caller, { kind: 'fault', what, where });
  }

  /** Draws the time of one trip. */
  tripMs(luck: Luck, slowMs = this.weather.slowMs): number {
    const { latencyMs, slow } = this.weather;
    const usual = luck.between(latencyMs[0], latencyMs[1]);
    const isSlow = luck.chance(slow);
    const more = luck.between(0, slowMs);
    return isSlow ? usual + more : usual;
  }

  outage(outage: Outage) {
    this.#outages.push(outage);
    const { engine, owner = 'all', process, ofWrites } = outage;
    const what = process ? 'cut off' : ofWrites ? 'disk full' : 'outage';
    this.fault({ process: engine, story: undefined }, what, process ?? owner);
  }

  /** Returns the time until which this process is cut from the engine, or undefined when it is not. */
  cutUntil(engine: Engine, process: string): number | undefined {
    if (this.#outages.length === 0) return undefined;
    const cuts = this.#outages.filter((each) => each.process === process);
    const moments = cuts
      .filter((each) => each.engine === engine && each.untilMs > this.queue.nowMs)
      .map(({ untilMs }) => untilMs);
    return moments.length > 0 ? Math.max(...moments) : undefined;
  }

  /** Whatever was on its way to a database from processes that have ended does not reach the one that is put back. */
  databasePutBack(service: string) {
    this.#putBackMs.set(service, this.queue.nowMs);
  }

  wasPutBackSince(atMs: number, service: string) {
    return (this.#putBackMs.get(service) ?? Number.NEGATIVE_INFINITY) >= atMs;
  }

  /** Returns the time at which this part of the engine is back, or undefined when it is there. */
  outageUntil(engine: Engine, owner: string, asked: Asked = {}): number | undefined {
    if (this.#outages.length === 0) return undefined;
    this.#outages = this.#outages.filter(({ untilMs }) => untilMs > this.queue.nowMs);
    const moments = this.#outages
      .filter((each) => each.engine === engine && (each.owner ?? owner) === owner)
      .filter(({ process = asked.process }) => process === asked.process)
      .filter(({ ofWrites }) => !ofWrites || asked.isWrite)
      .map(({ untilMs }) => untilMs);
    return moments.length > 0 ? Math.max(...moments) : undefined;
  }
}
