/** The real services on the simulated platform: each replica a process of its own, or all of them in one. */
import type { Passwords } from '@fairseat/auth';
import type { Story } from '@fairseat/common/context';
import { Unavailable, VersionConflict } from '@fairseat/common/errors';
import { type Log, mount, readConfig, type Service, type Session } from '@fairseat/common/kit';
import type { Clock, Platform } from '@fairseat/common/ports';
import { createServices } from '@fairseat/marketplace/services';
import type { SimulatedProcess, Simulation } from '@fairseat/platform/simulated';
import { archive } from './archive.ts';
import { Door, type DoorReply, type DoorRequest } from './door.ts';
import { nextVersion, reading } from './next-version.ts';
import { type Plan, SERVICES, skewMsOf } from './plan.ts';

/** Hashing costs time on purpose and runs on threads, so it is passed in. */
const passwords: Passwords = {
  hash: async (password) => `hash of ${password}`,
  matches: async (hash, password) => hash === `hash of ${password}`,
};

/** Between the end of a process that cannot start and its next start. */
const RESTART_MS = 1000;

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

const services = [...createServices(passwords), archive];
const serviceNamed = (name: string) => services.find((service) => service.name === name) as Service;

/** On the embedded platform all services share one process. */
function processesOf({ platform, replicas }: Plan) {
  if (platform === 'embedded') return [{ services: SERVICES, index: 0 }];
  return SERVICES.flatMap((service) =>
    Array.from({ length: replicas[service] as number }, (_, index) => ({
      services: [service],
      index,
    })),
  );
}

const processNamed = (services: readonly string[], index: number) =>
  `${services.length === 1 ? services[0] : 'marketplace'} ${index + 1}`;

type Surroundings = Parameters<typeof mount>[1];

interface Replica {
  /** The services that run in its process, and die with it. */
  services: readonly string[];
  process: SimulatedProcess;
  door: Door;
}

export interface ClusterOptions {
  simulation: Simulation;
  plan: Plan;
  /** Wraps the platform before the services get it. */
  wrap?: ((platform: Platform) => Platform) | undefined;
  /** Receives errors that a service logged, except when an engine was away. */
  onError: (message: string, error: unknown) => void;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #replicas = new Map<string, (Replica | undefined)[]>();
  /** Processes that are starting, by their names. */
  readonly #starting = new Map<string, SimulatedProcess>();
  /** The version of each process that is not of the first. */
  readonly #versions = new Map<string, number>();

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (const { services, index } of processesOf(options.plan)) {
      await cluster.#start(services, index);
    }
    return cluster;
  }

  /** Crashes a replica, if it lives, and starts it again after a while. */
  crash(service: string, index: number, downMs: number): void {
    const replica = this.#replicas.get(service)?.[index];
    if (replica === undefined) return;
    replica.process.crash();
    this.#startAgain(replica, index, downMs);
  }

  /** The same in the middle of its next commit, which calls `onCrash`. The returned function calls it off. */
  crashAtCommit(service: string, index: number, downMs: number, onCrash: () => void) {
    const replica = this.#replicas.get(service)?.[index];
    return replica?.process.crashAtCommit(() => {
      this.#startAgain(replica, index, downMs);
      onCrash();
    });
  }

  /** Has a replica go on in another version. One that is down starts in it. */
  become(service: string, index: number, version: number, downMs: number): void {
    this.#versions.set(processNamed([service], index), version);
    this.crash(service, index, downMs);
  }

  /** Crashes all replicas of a service, and starts those again. */
  stopAll(service: string, downMs: number): void {
    for (const index of this.replicasOf(service)) {
      this.crash(service, index, downMs);
      const starting = this.#starting.get(processNamed([service], index));
      if (!starting?.isAlive) continue;
      starting.crash();
      this.#startAgain({ services: [service] }, index, downMs);
    }
  }

  /** Adds a service that was not there. */
  add(): void {
    this.#startSoon([archive.name], 0);
  }

  replicasOf = (service: string) => [...(this.#replicas.get(service) ?? []).keys()];

  /** Sends a request to a living replica. Never resolves when there is none, or when it dies before it answers. */
  async request(asked: DoorRequest, story: Story, die: number): Promise<DoorReply> {
    const living = this.#living(serviceOf(asked.url));
    const replica = living[Math.floor(die * living.length)];
    if (replica === undefined) return new Promise(() => {});
    return ask(replica, asked, story);
  }

  /** Sends a request to every living replica of the service that the path belongs to. */
  requestAll(asked: DoorRequest, story: Story): Promise<DoorReply>[] {
    return this.#living(serviceOf(asked.url)).map((replica) => ask(replica, asked, story));
  }

  #living(service: string): Replica[] {
    return (this.#replicas.get(service) ?? []).filter((replica) => replica !== undefined);
  }

  #startAgain({ services }: Pick<Replica, 'services'>, index: number, downMs: number) {
    for (const service of services) this.#set(service, index, undefined);
    const { simulation } = this.#options;
    simulation.at(simulation.nowMs + downMs, () => this.#startSoon(services, index));
  }

  /** A process that cannot reach an engine ends, and is started again. */
  #startSoon(services: readonly string[], index: number) {
    const { simulation, onError } = this.#options;
    this.#start(services, index).catch((error) => {
      if (!isExcusable(error)) onError('cannot start', error);
      else simulation.at(simulation.nowMs + RESTART_MS, () => this.#startSoon(services, index));
    });
  }

  async #start(services: readonly string[], index: number) {
    const { simulation, plan, wrap, onError } = this.#options;
    const name = processNamed(services, index);
    const process = simulation.process(name, skewMsOf(plan, name));
    this.#starting.set(name, process);
    const own = plan.eventsKeptMs === undefined ? process.platform : reading(process.platform);
    const platform = wrap?.(own) ?? own;
    const log = createLog((message, error) => {
      if (process.isAlive) onError(`${process.name}: ${message}`, error);
    });
    const door = new Door(log);
    const config = readConfig({
      RATE_LIMITS: 'off',
      ORDER_EXPIRATION_SECONDS: String(plan.orderExpirationSeconds),
    });
    const { clock } = platform;
    const surroundings = {
      ...{ app: door.app, platform, config, log },
      ...{ verifySession: verifier(clock), signSession: signer(clock) },
    };
    const starts: (() => void)[] = [];
    for (const service of services) {
      const running = await mount(...this.#versionOf(name, service, surroundings));
      starts.push(() => running.start());
    }
    try {
      await platform.start();
    } catch (error) {
      process.crash();
      throw error;
    } finally {
      this.#starting.delete(name);
    }
    for (const start of starts) start();
    const replica = { services, process, door };
    for (const service of services) this.#set(service, index, replica);
  }

  #versionOf(name: string, service: string, surroundings: Surroundings) {
    const known = serviceNamed(service);
    if (this.#versions.get(name) !== 2) return [known, surroundings] as const;
    const next = nextVersion(known, surroundings.platform);
    return [next.service, { ...surroundings, platform: next.platform }] as const;
  }

  #set(service: string, index: number, replica: Replica | undefined) {
    const replicas = this.#replicas.get(service) ?? [];
    replicas[index] = replica;
    this.#replicas.set(service, replicas);
  }
}

/** The service that this path belongs to. */
function serviceOf(url: string): string {
  const isOwn = (prefix: string) => url.startsWith(prefix);
  return services.find(({ prefixes }) => prefixes.some(isOwn))?.name ?? '';
}

/** Sends a request to a replica. The answer of a dead process never arrives. */
async function ask({ process, door }: Replica, asked: DoorRequest, story: Story) {
  const reply = await door.request(asked, story);
  return process.isAlive ? reply : new Promise<never>(() => {});
}

/** For a person to know, whatever comes of it. */
const WENT_BACK = /^the database went back in time/;

type Logged = { err?: unknown };

/** The part of a log that services use. Errors are passed on, unless an engine was away. */
function createLog(onError: (message: string, error: unknown) => void): Log {
  const error = ({ err }: Logged, message: string) => {
    if (!isExcusable(err) && !WENT_BACK.test(message)) onError(message, err);
  };
  const silent = () => {};
  // The loser of a race must try again, and never log its conflict as bad weather.
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
