/** The real services on the simulated platform: each in several replicas, each replica its own process. */
import { createAuth, type Passwords } from '@fairseat/auth';
import type { Story } from '@fairseat/common/context';
import { Unavailable, VersionConflict } from '@fairseat/common/errors';
import { type Log, mount, readConfig, type Service, type Session } from '@fairseat/common/kit';
import type { Clock, Platform } from '@fairseat/common/ports';
import { expiration } from '@fairseat/expiration';
import { orders } from '@fairseat/orders';
import { payments } from '@fairseat/payments';
import type { SimulatedProcess, Simulation } from '@fairseat/platform/simulated';
import { tickets } from '@fairseat/tickets';
import { Door, type DoorReply, type DoorRequest } from './door.ts';
import { type Plan, SERVICES, type ServiceName } from './plan.ts';

/** Hashing costs time on purpose and runs on threads, so it is passed in. */
const passwords: Passwords = {
  hash: async (password) => `hash of ${password}`,
  matches: async (hash, password) => hash === `hash of ${password}`,
};

const SESSION_MS = 7 * 24 * 60 * 60 * 1000;

/** Signing runs on threads as well: a token is its session in plain text. */
const signer = (clock: Clock) => async (userId: string, sessionId: string) =>
  [userId, sessionId, new Date(clock.now() + SESSION_MS).toISOString()].join(' ');

const verifier =
  (clock: Clock) =>
  async (token: string): Promise<Session | null> => {
    const [userId = '', sessionId = '', expiresAt = ''] = token.split(' ');
    return Date.parse(expiresAt) > clock.now() ? { userId, sessionId, expiresAt } : null;
  };

const others = { tickets, orders, expiration, payments };

const serviceNamed = (name: ServiceName): Service =>
  name === 'auth' ? createAuth(passwords) : others[name];

interface Replica {
  process: SimulatedProcess;
  door: Door;
}

export interface ClusterOptions {
  simulation: Simulation;
  plan: Plan;
  /** Stands between the services and their platform. */
  wrap?: ((platform: Platform) => Platform) | undefined;
  /** Told what a service logged as an error and could not put down to an engine that was away. */
  onError: (message: string, error: unknown) => void;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #replicas = new Map<ServiceName, (Replica | undefined)[]>();

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (const service of SERVICES) {
      const count = options.plan.replicas[service];
      cluster.#replicas.set(service, Array(count).fill(undefined));
      for (let index = 0; index < count; index++) await cluster.#startReplica(service, index);
    }
    return cluster;
  }

  /** Kills a replica, if it lives, and starts it again after a while. */
  crash(service: ServiceName, index: number, downMs: number): void {
    const replicas = this.#replicas.get(service) as (Replica | undefined)[];
    const replica = replicas[index];
    if (replica === undefined) return;
    replica.process.crash();
    replicas[index] = undefined;
    const { simulation, onError } = this.#options;
    simulation.at(simulation.nowMs + downMs, () => {
      this.#startReplica(service, index).catch((error) => onError('cannot start', error));
    });
  }

  /** Asks one of the living replicas. Never resolves when there is none, or when it dies before it has answered. */
  async request(asked: DoorRequest, story: Story, die: number): Promise<DoorReply> {
    const living = this.#living(serviceOf(asked.url));
    const replica = living[Math.floor(die * living.length)];
    if (replica === undefined) return new Promise(() => {});
    return ask(replica, asked, story);
  }

  /** Asks every living replica of every service that this path belongs to. */
  requestAll(asked: DoorRequest, story: Story): Promise<DoorReply>[] {
    return this.#living(serviceOf(asked.url)).map((replica) => ask(replica, asked, story));
  }

  #living(service: ServiceName): Replica[] {
    return (this.#replicas.get(service) ?? []).filter((replica) => replica !== undefined);
  }

  async #startReplica(name: ServiceName, index: number) {
    const { simulation, plan, wrap, onError } = this.#options;
    const skewMs = plan.skewsMs[name][index] ?? 0;
    const process = simulation.process(`${name} ${index + 1}`, skewMs);
    const platform = wrap?.(process.platform) ?? process.platform;
    const log = createLog((message, error) => onError(`${process.name}: ${message}`, error));
    const door = new Door(log);
    const running = await mount(serviceNamed(name), {
      app: door.app,
      platform,
      config: readConfig({
        RATE_LIMITS: 'off',
        ORDER_EXPIRATION_SECONDS: String(plan.orderExpirationSeconds),
      }),
      log,
      verifySession: verifier(platform.clock),
      signSession: signer(platform.clock),
    });
    await platform.start();
    running.start();
    const replicas = this.#replicas.get(name) as (Replica | undefined)[];
    replicas[index] = { process, door };
  }
}

function serviceOf(url: string): ServiceName {
  const [, , noun = ''] = url.split(/[/?]/);
  if (noun === 'users') return 'auth';
  return noun === 'tickets' || noun === 'orders' ? noun : 'payments';
}

/** A process that is dead answers nothing any more. */
async function ask({ process, door }: Replica, asked: DoorRequest, story: Story) {
  const reply = await door.request(asked, story);
  return process.isAlive ? reply : new Promise<never>(() => {});
}

type Logged = { err?: unknown };

/** As much of a log as services use: errors are heard, unless an engine was away. */
function createLog(onError: (message: string, error: unknown) => void): Log {
  const error = ({ err }: Logged, message: string) => {
    if (!isExcusable(err)) onError(message, err);
  };
  const silent = () => {};
  // Who loses a race tries again; that is never told to people as bad weather.
  const warn = ({ err }: Logged, message: string) => {
    if (err instanceof VersionConflict) onError(message, err);
  };
  const log = { error, warn, info: silent, debug: silent, child: () => log };
  return log as unknown as Log;
}

function isExcusable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExcusable);
  return error instanceof Unavailable;
}
