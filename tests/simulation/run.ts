/** Runs a plan. At its end the weather clears, and everything must come to rest. */
import { createHash } from 'node:crypto';
import { SAY_AGAIN_MS } from '@fairseat/common/contracts/order';
import type { AnyEvent } from '@fairseat/common/events';
import type { Platform } from '@fairseat/common/ports';
import { openTestGateway } from '@fairseat/gateways/test';
import { clear, type Entry, Simulation } from '@fairseat/platform/simulated';
import { Checkers, type Found } from './checkers/checkers.ts';
import { must, Violation } from './checkers/violation.ts';
import { Client } from './client.ts';
import { Cluster } from './cluster.ts';
import { type Exchange, subjectOf } from './exchange.ts';
import { mostStrayedMs } from './faults/clocks.ts';
import { live, type Surroundings } from './life.ts';
import { Pages } from './live/pages.ts';
import { TOLD_OF_BANKS } from './money.ts';
import { Market } from './people.ts';
import type { Plan } from './plan.ts';
import { buyOnce, readLists, useOldSessions } from './probe.ts';
import { Troubles } from './troubles.ts';

export interface Counts {
  simulatedMs: number;
  requests: number;
  orders: number;
  purchases: number;
  events: number;
  faults: number;
}

export interface Outcome {
  found?: Found;
  /** The error of the simulator itself, with its stack, which says nothing about the services. */
  crash?: string;
  counts: Counts;
  /** A hash of the history, if requested. */
  hash?: string;
}

/** Receives everything that happens, in order. */
interface Listener {
  onEntry(entry: Entry): void;
  onAsked(exchange: Exchange): void;
  onAnswered(exchange: Exchange): void;
}

export interface RunOptions extends Partial<Listener> {
  /** Wraps the platform before the services get it, to take out a guard. */
  wrap?: (platform: Platform) => Platform;
  /** Receives the log of the bus at the end, and the time. */
  onEnd?: (log: readonly AnyEvent[], nowMs: number) => void;
  /** Hashes the history, which takes about as long as the run itself. */
  hash?: boolean;
}

const TURN_MS = 500;
/** Long enough for every lock, charge and order to be said again twice. */
const COMES_TO_REST_MS = 4 * SAY_AGAIN_MS;
/** More than clocks are wrong and alarms are late, together. */
const AFTER_ALARMS_MS = 15_000;
/** Longer than any wait before something is said again. */
const LINGERS_MS = 2 * SAY_AGAIN_MS + 10_000;
/** Longer than a bank takes to decide on a refund, and than it takes to look at that. */
const BANKS_DECIDE_MS = 130 * 60_000;
/** One seed in this many is watched for that long. */
const LINGERS_EVERY = 10;

export async function run(plan: Plan, options: RunOptions = {}): Promise<Outcome> {
  const { seed, weather, platform } = plan;
  const simulation = new Simulation({
    ...{ seed, weather, openGateway: openTestGateway },
    ...(platform && { platform }),
    ...(plan.eventsKeptMs !== undefined && { eventsKeptMs: plan.eventsKeptMs }),
  });
  const startMs = simulation.nowMs;
  const checkers = new Checkers(plan, () => simulation.nowMs);
  const hash = options.hash ? createHash('sha256') : undefined;
  const seen = { requests: 0, faults: 0, writes: 0 };
  const listener: Listener = {
    onEntry(entry) {
      if (entry.kind === 'fault' || entry.kind === 'crash') seen.faults += 1;
      if (entry.kind === 'write') seen.writes += 1;
      hash?.update(JSON.stringify(entry));
      if (!checkers.isOver) options.onEntry?.(entry);
      checkers.heard(entry);
    },
    onAsked(exchange) {
      seen.requests += 1;
      hash?.update(JSON.stringify(exchange));
      options.onAsked?.(exchange);
      checkers.asked(exchange);
    },
    onAnswered(exchange) {
      hash?.update(JSON.stringify(exchange));
      if (!checkers.isOver) options.onAnswered?.(exchange);
      checkers.answered(exchange);
    },
  };
  try {
    const underWay = new Run(plan, simulation, checkers, () => seen.writes);
    await underWay.liveThrough(listener, options.wrap);
    options.onEnd?.(simulation.engines.events, simulation.nowMs);
  } catch (error) {
    checkers.broke(error);
  }
  const { found, crash, ledger } = checkers;
  const orders = [...ledger.orders.values()];
  return {
    ...(found && { found }),
    ...(crash !== undefined && { crash: (crash as Error).stack ?? String(crash) }),
    ...(hash && { hash: hash.digest('hex') }),
    counts: {
      simulatedMs: simulation.nowMs - startMs,
      requests: seen.requests,
      orders: orders.length,
      purchases: orders.filter(({ status }) => status === 'completed').length,
      events: simulation.engines.events.length,
      faults: seen.faults,
    },
  };
}

/** One run under way. */
class Run {
  readonly #plan: Plan;
  readonly #simulation: Simulation;
  readonly #checkers: Checkers;
  readonly #writes: () => number;

  constructor(plan: Plan, simulation: Simulation, checkers: Checkers, writes: () => number) {
    this.#plan = plan;
    this.#simulation = simulation;
    this.#checkers = checkers;
    this.#writes = writes;
  }

  /** @throws Violation; any other error means that the simulator itself failed. */
  async liveThrough({ onEntry, onAsked, onAnswered }: Listener, wrap: RunOptions['wrap']) {
    const plan = this.#plan;
    const simulation = this.#simulation;
    const checkers = this.#checkers;
    simulation.onHistory(onEntry);
    const cluster = await Cluster.start({
      simulation,
      plan,
      wrap,
      onError(message, error) {
        if (!TOLD_OF_BANKS.test(message)) checkers.logged(message, error);
      },
      onStopped: (name, tookMs) => checkers.stopped(name, tookMs),
    });
    const troubles = new Troubles(plan, simulation, cluster);
    const market = new Market(plan.people);
    const client = new Client({
      simulation,
      cluster,
      plan,
      versionsOf: (ask) => checkers.ledger.latest(subjectOf(ask)),
      onAsked,
      onAnswered(exchange) {
        market.learn(exchange);
        onAnswered(exchange);
      },
    });
    const isOver = () => checkers.isOver;
    const world: Surroundings = { plan, simulation, client, market, isOver };
    const pages = new Pages(world, cluster);

    const phases = [
      () => this.#passing(live(world)),
      () => this.#calmDown(troubles, client),
      () => this.#rest(),
      ...(plan.banksAskBack ? [() => this.#banksDecide()] : []),
      ...(plan.seed % LINGERS_EVERY === 0 ? [() => this.#linger()] : []),
      ...(plan.pages ? [() => this.#passing(pages.showTheTruth(checkers.ledger))] : []),
      () => this.#passing(useOldSessions(cluster, client.exchanges)),
      () => this.#passing(readLists(world, checkers.ledger)),
      () => this.#passing(buyOnce(world)),
      () => this.#rest(),
      ...(plan.pages ? [() => this.#passing(pages.leave())] : []),
    ];
    for (const phase of phases) if (!isOver()) await phase();
    checkers.overall(client.exchanges);
    checkers.onTheBus(simulation.engines.events);
  }

  /** Lets time pass until the work is done. */
  async #passing(work: Promise<unknown>) {
    let isDone = false;
    work.then(
      () => {
        isDone = true;
      },
      (error) => this.#checkers.broke(error),
    );
    await this.#until(0);
    while (!isDone && !this.#checkers.isOver) await this.#until(TURN_MS);
  }

  /** Waits for the end of all planned faults, and clears the weather. */
  async #calmDown(troubles: Troubles, client: Client) {
    await troubles.end();
    this.#simulation.setWeather(clear);
    client.isReliable = true;
  }

  /** Waits until everything has come to rest. @throws Violation after the bound. */
  async #rest() {
    const { ledger } = this.#checkers;
    const boundMs =
      this.#plan.orderExpirationSeconds * 1000 + COMES_TO_REST_MS + mostStrayedMs(this.#plan);
    const latestMs = this.#simulation.nowMs + boundMs;
    const isAtRest = () =>
      ledger.unended.size === 0 && this.#simulation.isQuiet && this.#checkers.unrest().length === 0;
    while (!this.#checkers.isOver && !isAtRest()) {
      if (this.#simulation.nowMs > latestMs) {
        throw restless(this.#checkers.unrest(), this.#simulation.isQuiet);
      }
      await this.#until(TURN_MS);
    }
  }

  /** Waits until it is known what has become of each refund, hours later. */
  async #banksDecide() {
    const underWay = () =>
      [...this.#checkers.ledger.payments.values()].filter(
        ({ charge }) => charge?.refund?.status === 'pending',
      );
    if (underWay().length === 0) return;
    await this.#until(BANKS_DECIDE_MS);
    const [first] = underWay();
    must('a refund is followed to its end', first === undefined, () => `order ${first?.id}`);
  }

  /** Waits for the last alarms, which are still answered. After them nothing may be written any more. */
  async #linger() {
    const ends = [...this.#checkers.ledger.orders.values()].map(({ expiresAt }) => expiresAt);
    const lastMs = Math.max(this.#simulation.nowMs, ...ends.map((end) => Date.parse(end)));
    // What was given back is looked at once more then.
    const lookMs = this.#plan.banksAskBack ? SAY_AGAIN_MS : 0;
    await this.#simulation.runUntil(lastMs + lookMs + AFTER_ALARMS_MS);
    const before = this.#writes();
    await this.#until(LINGERS_MS);
    const more = this.#writes() - before;
    must('what rests stays at rest', more === 0, () => `${more} more writes`);
  }

  #until(laterMs: number) {
    return this.#simulation.runUntil(this.#simulation.nowMs + laterMs);
  }
}

/** The violation is named by the first thing that is not at rest, without ids and numbers. */
function restless(unrest: string[], isQuiet: boolean): Violation {
  const [first = isQuiet ? 'nothing' : 'an event or an alarm is never done'] = unrest;
  const about = first.replace(/[0-9a-f]{32}/g, '…').replace(/\d+/g, 'n');
  return new Violation(`comes to rest: ${about}`, unrest.join('\n') || first);
}
