/** Makes a plan from a seed: every request and every fault of a run, before anything runs. */
import type { EventType } from '@fairseat/common/events';
import { createServices } from '@fairseat/marketplace/services';
import { clear, type Weather } from '@fairseat/platform/simulated';
import { strayedMs } from './faults/clocks.ts';
import { type LaterFault, withLaterFaults } from './faults/later.ts';
import { faultOfOne } from './faults/of-one.ts';
import { drawMaxHolds } from './limits.ts';
import { drawMoney, type Money } from './money.ts';
import { between, pick, type Random, stream, whole as wholeNumber } from './random.ts';
import { addTime, type TimeFault, type Troubled } from './time-plan.ts';

export { pick, stream } from './random.ts';

/** The services that publish events, which are those with state of their own. */
export const SERVICES = createServices()
  .filter(({ publishes }) => publishes)
  .map(({ name }) => name);

export const FAULT_LEVELS = ['none', 'some', 'all'] as const;
export type FaultLevel = (typeof FAULT_LEVELS)[number];

export const PLATFORMS = ['simulated', 'embedded'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** The weight of each action, before the seed changes it. */
const USUAL = {
  list: 8,
  edit: 3,
  withdraw: 1,
  browse: 3,
  buy: 22,
  race: 6,
  grab: 2,
  holdAgain: 4,
  pay: 22,
  confirm: 6,
  cancel: 4,
  double: 6,
  comeBack: 3,
  replay: 4,
  signOut: 1,
  meddle: 2,
} as const;

export type Action = keyof typeof USUAL;

/** One action of a person. Its choices are made when it runs, so that any step can be left out. */
export interface Step {
  id: number;
  person: number;
  action: Action;
  /** Counted from the start of the run; later when the person's previous step takes longer. */
  atMs: number;
  /** Numbers from 0 to 1 that decide its choices. */
  dice: number[];
}

export type Fault = {
  atMs: number;
  lastsMs: number;
} /** With `afterSaveMs` it waits until its process saves something, and then so long. */ & (
  | { kind: 'crash'; service: string; replica: number; afterSaveMs?: number }
  /** Crashes in the middle of its next commit. */
  | { kind: 'crash at commit'; service: string; replica: number }
  | { kind: 'outage'; engine: 'tables' | 'bus' | 'timers' | 'gateway'; owner?: string }
  | { kind: 'timers lost' }
  | { kind: 'event lost'; group: string; type: EventType }
  | LaterFault
  | TimeFault
);

export interface Plan extends Money {
  seed: number;
  /** The platform of the services; unset for engines made for the simulation. */
  platform?: PlatformName;
  people: number;
  orderExpirationSeconds: number;
  /** The places of each buyer. */
  maxHolds: number;
  /** The number of pages that follow tickets live; unset without the live service. */
  pages?: number;
  replicas: Record<string, number>;
  /** The error of each replica's clock. */
  skewsMs: Record<string, number[]>;
  weather: Weather;
  /** The chances that a request or an answer is lost. */
  requestLost: number;
  replyLost: number;
  /** The higher, the more people want the same tickets. */
  hotness: number;
  steps: Step[];
  faults: Fault[];
  /** How long events are kept that every group has handled; unset for ever. */
  eventsKeptMs?: number;
}

export interface PlanOptions {
  steps: number;
  faults: FaultLevel;
  platform?: PlatformName | undefined;
  /** What a run has beside the usual troubles, which are all that the kept histories have. */
  troubles?: Troubled | undefined;
}

/** Returns the error of the clock of a process such as `orders 2`, so long after the start of the run. */
export function skewMsOf(plan: Plan, process: string, sinceMs = -1): number {
  const [name, number] = process.split(' ') as [string, string];
  const skews = plan.skewsMs[name === 'marketplace' ? 'orders' : name];
  return (skews?.[Number(number) - 1] ?? 0) + strayedMs(plan, process, sinceMs);
}

/** True when the plan has no faults, so that nothing may be late, lost or refused. */
export const isCalm = ({ weather, faults, skewsMs, requestLost, replyLost }: Plan): boolean =>
  Object.keys(clear).every((name) => {
    const part = name as keyof Weather;
    return part === 'latencyMs' || part.endsWith('Ms') || weather[part] === 0;
  }) &&
  weather.latencyMs[1] <= MOST_CALM_LATENCY_MS &&
  weather.timerLateMs === 0 &&
  faults.length === 0 &&
  requestLost + replyLost === 0 &&
  Object.values(skewsMs)
    .flat()
    .every((skewMs) => skewMs === 0);

const MOST_CALM_LATENCY_MS = 5;

/** The share of calm seeds at the level `some`. */
const CALM = 1 / 8;

const perService = <T>(value: (service: string) => T) =>
  Object.fromEntries(SERVICES.map((service) => [service, value(service)])) as Record<string, T>;

export function createPlan(seed: number, { platform, troubles, ...options }: PlanOptions): Plan {
  const kind =
    troubles === 'any' ? pick(['time', 'machines'] as const, stream(seed, 'troubles')()) : troubles;
  const kept = createPlanOfMany(seed, { ...options, troubles: kind });
  const plan = kind === 'machines' ? whole(kept, options.faults) : kept;
  return platform === 'embedded' ? inOneProcess(plan) : plan;
}

/** A run without any fault stays without. */
function whole(kept: Plan, faults: FaultLevel): Plan {
  const plan = isCalm(kept) || faults === 'none' ? kept : withLaterFaults(kept, faults);
  return { ...plan, ...drawMoney(kept.seed), pages: 2 };
}

/** Fits a plan to one process: replicas become one, and faults that it cannot have are left out. */
function inOneProcess(plan: Plan): Plan {
  const skewMs = skewMsOf(plan, 'orders 1');
  return {
    ...plan,
    platform: 'embedded',
    replicas: perService(() => 1),
    skewsMs: perService(() => [skewMs]),
    faults: plan.faults.flatMap((fault) => faultOfOne(fault) ?? []),
  };
}

function createPlanOfMany(seed: number, { steps, faults, troubles }: PlanOptions): Plan {
  const random = stream(seed, 'plan');
  // Without any faults, bugs show that otherwise pass for bad weather.
  const calm = faults === 'none' || (faults === 'some' && random() < CALM);
  const replicas = perService(() => (faults === 'none' ? 1 : wholeNumber(random, 1, 3)));
  const skewMs = calm || random() < 0.5 ? 0 : between(random, 10, 3000);
  // Two clocks differ by up to twice the skew, and a hold must outlast that.
  const leastSeconds = Math.ceil((2 * skewMs) / 1000) + 3;
  const plan: Plan = {
    seed,
    people: wholeNumber(random, 3, 12),
    // Long enough to pay and mostly short enough to end while people and machines are slow, but sometimes the real duration.
    orderExpirationSeconds:
      random() < 0.15 ? 900 : Math.max(leastSeconds, Math.round(5 * 12 ** random())),
    maxHolds: drawMaxHolds(seed),
    replicas,
    skewsMs: perService((service) =>
      Array.from({ length: replicas[service] as number }, () =>
        Math.round(between(random, -skewMs, skewMs)),
      ),
    ),
    weather: createWeather(stream(seed, 'weather'), calm ? 'none' : faults),
    requestLost: calm || random() < 0.5 ? 0 : between(random, 0, 0.05),
    replyLost: calm || random() < 0.5 ? 0 : between(random, 0, 0.05),
    hotness: between(random, 1, 6),
    steps: [],
    faults: [],
  };
  plan.steps = createSteps(stream(seed, 'steps'), plan.people, steps);
  const untilMs = plan.steps.at(-1)?.atMs ?? 0;
  if (!calm) plan.faults = createFaults(stream(seed, 'faults'), plan, untilMs, faults);
  if (troubles === 'time') addTime(stream(seed, 'time'), plan, untilMs);
  return plan;
}

function createSteps(random: Random, people: number, count: number): Step[] {
  const weights = swarm(random);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const gapMs = 20 * 100 ** random();
  let atMs = 0;
  return Array.from({ length: count }, (_, id) => {
    atMs += Math.round(2 * random() * gapMs);
    const person = wholeNumber(random, 0, people - 1);
    return { id, person, atMs, action: drawn(weights, random() * total), dice: dice(random) };
  });
}

const dice = (random: Random) => Array.from({ length: 5 }, () => Math.round(random() * 1e4) / 1e4);

/** Draws the weights of actions. Some are left out, so that bugs show that they usually hide (swarm testing). */
function swarm(random: Random): [Action, number][] {
  return Object.entries(USUAL).map(([action, weight]) => {
    const kept = action === 'buy' || action === 'pay' || random() < 0.75;
    return [action as Action, kept ? weight * between(random, 0.3, 1.7) : 0];
  });
}

function drawn(weights: [Action, number][], point: number): Action {
  let rest = point;
  for (const [action, weight] of weights) {
    rest -= weight;
    if (rest < 0) return action;
  }
  return 'buy';
}

/** `some` has each kind of fault in every other run, `all` has every kind in every run. */
function createWeather(random: Random, faults: FaultLevel): Weather {
  if (faults === 'none') return clear;
  const chance = (most: number) => {
    const value = random() * most;
    return faults === 'all' || random() < 0.5 ? value : 0;
  };
  const latencyMs = wholeNumber(random, 1, 5);
  return {
    latencyMs: [latencyMs, latencyMs + Math.round(chance(40))],
    slow: chance(0.02),
    slowMs: Math.round(chance(3000)),
    duplicate: chance(0.1),
    reorder: chance(0.2),
    reorderMs: Math.round(chance(5000)),
    ackLost: chance(0.05),
    midHandler: chance(0.02),
    answerLost: chance(0.02),
    unavailable: chance(0.02),
    timerLateMs: Math.round(chance(5000)),
    timerTwice: chance(0.2),
    gatewayAnswerLost: chance(0.1),
    gatewayUnavailable: chance(0.1),
    gatewaySlowMs: Math.round(chance(3000)),
  };
}

function createFaults(random: Random, plan: Plan, untilMs: number, level: FaultLevel): Fault[] {
  const count = wholeNumber(random, 0, (level === 'all' ? 4 : 2) + plan.steps.length / 25);
  const faults = Array.from({ length: count }, () => {
    const atMs = Math.round(random() * untilMs);
    const lastsMs = Math.round(50 * 200 ** random());
    return createFault(random, plan, atMs, lastsMs);
  });
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

/** Each of these may be lost: locks, orders and charges are said again until their end is known. */
const LOSABLE = [
  { group: 'tickets', type: 'order.created' },
  { group: 'tickets', type: 'order.cancelled' },
  { group: 'tickets', type: 'order.completed' },
  { group: 'payments', type: 'order.awaiting_payment' },
  { group: 'payments', type: 'order.secured' },
  { group: 'payments', type: 'order.cancelled' },
  { group: 'payments', type: 'order.completed' },
  { group: 'orders', type: 'ticket.reserved' },
  { group: 'orders', type: 'ticket.refused' },
  { group: 'orders', type: 'charge.authorized' },
  { group: 'orders', type: 'charge.completed' },
  { group: 'orders', type: 'charge.failed' },
  { group: 'orders', type: 'expiration.elapsed' },
  { group: 'expiration', type: 'order.created' },
] as const;

function createFault(random: Random, plan: Plan, atMs: number, lastsMs: number): Fault {
  const die = random();
  if (die < 0.6) {
    const service = pick(SERVICES, random());
    const replica = wholeNumber(random, 0, (plan.replicas[service] as number) - 1);
    const isAmbush = random() < 0.5;
    const afterSaveMs = wholeNumber(random, 0, 10);
    return { atMs, lastsMs, kind: 'crash', service, replica, ...(isAmbush && { afterSaveMs }) };
  }
  if (die > 0.95) return { atMs, lastsMs, kind: 'timers lost' };
  if (die > 0.85) return { atMs, lastsMs, kind: 'event lost', ...pick(LOSABLE, random()) };
  const engine = pick(['tables', 'bus', 'timers', 'gateway'] as const, random());
  const owner = engine === 'tables' ? { owner: pick(SERVICES, random()) } : {};
  return { atMs, lastsMs, kind: 'outage', engine, ...owner };
}
