import { AsyncLocalStorage } from 'node:async_hooks';
import { currentStory } from '@fairseat/common/context';
import type { DeliveryTiming } from '../delivery.ts';
import type { Engine, Entry, Fault, Happening } from './history.ts';
import { type Luck, type Scope, Scopes } from './luck.ts';
import { Queue } from './queue.ts';
import type { Weather } from './weather.ts';

export interface Timing extends DeliveryTiming {
  /** A consumer of which nothing is heard is taken as dead after at most so long. */
  ackWaitMs: number;
}

/** Work that an engine asked a process to do: the handling of an event or of an alarm. */
export interface Work {
  scope: Scope;
  /** After so many calls its process stops being heard. */
  callsLeft: number;
  /** What becomes of it then. */
  isZombie: boolean;
  isStopped: boolean;
}

export const works = new AsyncLocalStorage<Work>();

/** Whose call it is, as the history tells it. */
export interface Caller {
  process: string;
  story: string | undefined;
}

interface Outage {
  engine: Engine;
  owner: string | undefined;
  untilMs: number;
}

/** What all engines share: time, luck, weather, and the history that is told. */
export class Environment {
  readonly queue: Queue;
  readonly scopes: Scopes;
  readonly timing: Timing;
  weather: Weather;
  /** Calls and handlers under way, periodic looks not counted. */
  underWay = 0;
  readonly #listeners: ((entry: Entry) => void)[] = [];
  #outages: Outage[] = [];

  constructor(seed: number, startsAtMs: number, weather: Weather, timing: Timing) {
    this.queue = new Queue(startsAtMs);
    this.scopes = new Scopes(seed);
    this.weather = weather;
    this.timing = timing;
  }

  /** What luck of the current work is drawn under: the work an engine asked for, else the story it belongs to. */
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

  /** How long one trip takes. */
  tripMs(luck: Luck, slowMs = this.weather.slowMs): number {
    const { latencyMs, slow } = this.weather;
    const usual = luck.between(latencyMs[0], latencyMs[1]);
    const isSlow = luck.chance(slow);
    const more = luck.between(0, slowMs);
    return isSlow ? usual + more : usual;
  }

  outage(outage: Outage) {
    this.#outages.push(outage);
    this.fault({ process: outage.engine, story: undefined }, 'outage', outage.owner ?? 'all');
  }

  /** When this part of the engine is back, or undefined when it is there. */
  outageUntil(engine: Engine, owner: string): number | undefined {
    if (this.#outages.length === 0) return undefined;
    this.#outages = this.#outages.filter(({ untilMs }) => untilMs > this.queue.nowMs);
    const moments = this.#outages
      .filter((each) => each.engine === engine && (each.owner ?? owner) === owner)
      .map(({ untilMs }) => untilMs);
    return moments.length > 0 ? Math.max(...moments) : undefined;
  }
}
