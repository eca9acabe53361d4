/** Faults that the kept histories do not have: of time, of single links, and of ends in order. */
import { type Fault, type Plan, pick, SERVICES, stream } from '../plan.ts';
import { type ClockFault, mostStrayedMs } from './clocks.ts';
import type { Place } from './place.ts';

export type LaterFault =
  | ClockFault
  /** A disk takes no writes; reads go on. */
  | { kind: 'disk full'; engine: 'tables' | 'bus'; owner?: string }
  /** One replica cannot reach an engine that the others reach. */
  | { kind: 'cut'; engine: 'tables' | 'bus' | 'timers'; service: string; replica: number }
  /** A process or a machine stands still, and goes on with what it believed before. */
  | ({ kind: 'pause' } & Place)
  /** A replica is asked to end, and starts again; with `withinMs` as soon as a request waits there, or then. */
  | { kind: 'stop'; service: string; replica: number; withinMs?: number };

type Random = () => number;
type Untimed<F> = Omit<F, 'atMs' | 'lastsMs'>;
type Usual =
  | Untimed<Extract<Fault, { kind: 'outage' }>>
  | Untimed<Extract<Fault, { kind: 'crash' }>>
  | Untimed<Extract<Fault, { kind: 'event lost' }>>;
type Draw = (random: Random, plan: Plan) => LaterFault | Usual;

const replicaOf = (random: Random, { replicas }: Plan) => {
  const service = pick(SERVICES, random());
  const replica = Math.floor(random() * (replicas[service] as number));
  return { service, replica };
};

/** A whole machine in one case of three. */
const placeOf = (random: Random, plan: Plan): Place => {
  const { service, replica } = replicaOf(random, plan);
  return random() < 1 / 3 ? { replica } : { service, replica };
};

interface Kind {
  /** The shortest and the longest that it lasts, drawn so that short ones are as frequent as long ones. */
  lastsMs: [least: number, most: number];
  draw: Draw;
}

const KINDS: Record<string, Kind> = {
  clock: {
    lastsMs: [5000, 120_000],
    draw: (random, plan) => {
      const byMs = Math.round(500 * 100 ** random()) * (random() < 0.5 ? -1 : 1);
      return { kind: 'clock', ...placeOf(random, plan), byMs, drifts: random() < 0.3 };
    },
  },
  diskFull: {
    lastsMs: [1000, 180_000],
    draw: (random) =>
      random() < 0.2
        ? { kind: 'disk full', engine: 'bus' }
        : { kind: 'disk full', engine: 'tables', owner: pick(SERVICES, random()) },
  },
  cut: {
    lastsMs: [1000, 120_000],
    draw: (random, plan) => ({
      kind: 'cut',
      engine: pick(['tables', 'bus', 'timers'] as const, random()),
      ...replicaOf(random, plan),
    }),
  },
  pause: {
    lastsMs: [200, 60_000],
    draw: (random, plan) => ({ kind: 'pause', ...placeOf(random, plan) }),
  },
  stop: {
    lastsMs: [50, 10_000],
    draw: (random, plan) => {
      if (random() < 0.5) return { kind: 'stop', ...replicaOf(random, plan) };
      // Buyers wait at orders.
      const replica = Math.floor(random() * (plan.replicas['orders'] as number));
      return { kind: 'stop', service: 'orders', replica, withinMs: 60_000 };
    },
  },
  ofLive: {
    lastsMs: [200, 60_000],
    draw: (random) => {
      const where = { service: 'live', replica: random() < 0.5 ? 0 : 1 };
      const kind = pick(['cut', 'pause', 'stop', 'crash'] as const, random());
      return kind === 'cut' ? { kind, engine: 'bus', ...where } : { kind, ...where };
    },
  },
  /** The word that money is held, upon which orders decides: usual plans rarely lose it while there is time left. */
  wordLost: {
    lastsMs: [1, 1],
    draw: () => ({ kind: 'event lost', group: 'orders', type: 'charge.authorized' }),
  },
  longOutage: {
    lastsMs: [60_000, 300_000],
    draw: (random) => {
      const engine = pick(['tables', 'bus', 'timers'] as const, random());
      const owner =
        engine === 'tables' && random() < 0.5 ? { owner: pick(SERVICES, random()) } : {};
      return { kind: 'outage', engine, ...owner };
    },
  },
};

/** The most of one kind in a run. */
const MOST = 3;

/** The share of runs that has a kind: each alone is frequent, since together they leave little to run. */
const SHARE = { some: 0.35, all: 1 };

/** Adds faults of all these kinds to a plan, and makes its holds outlast the error of its clocks. */
export function withLaterFaults(plan: Plan, level: 'some' | 'all'): Plan {
  const untilMs = plan.steps.at(-1)?.atMs ?? 0;
  const added = Object.entries(KINDS).flatMap(([name, { lastsMs, draw }]) => {
    const random = stream(plan.seed, `later ${name}`);
    if (random() >= SHARE[level]) return [];
    return Array.from({ length: 1 + Math.floor(random() * MOST) }, (): Fault => {
      const [least, most] = lastsMs;
      const atMs = Math.round(random() * untilMs);
      const forMs = Math.round(least * (most / least) ** random());
      return { atMs, lastsMs: forMs, ...draw(random, plan) };
    });
  });
  const faults = [...plan.faults, ...added].toSorted((a, b) => a.atMs - b.atMs);
  const leastSeconds = Math.ceil((2 * mostStrayedMs({ ...plan, faults })) / 1000);
  const orderExpirationSeconds = plan.orderExpirationSeconds + leastSeconds;
  return { ...plan, faults, orderExpirationSeconds };
}
