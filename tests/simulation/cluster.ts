/** The real services on the simulated platform: each replica a process of its own, or all of them in one. */
import type { Story } from '@fairseat/common/context';
import { mount, readConfig, type Service } from '@fairseat/common/kit';
import type { Platform } from '@fairseat/common/ports';
import { createServices } from '@fairseat/marketplace/services';
import type { SimulatedProcess, Simulation } from '@fairseat/platform/simulated';
import { archive } from './archive.ts';
import { storyNamed } from './client.ts';
import { Door, type DoorReply, type DoorRequest } from './door.ts';
import { isAt, type Place } from './faults/place.ts';
import { KILLED_AFTER_MS, type Stoppable, stopInOrder } from './faults/stops.ts';
import { HOLD_PAUSES } from './limits.ts';
import { attending } from './live/attended.ts';
import { Stream } from './live/stream.ts';
import { settingsOf } from './money.ts';
import { nextVersion, reading } from './next-version.ts';
import { type Plan, SERVICES, skewMsOf } from './plan.ts';
import { createLog, devices, isExcusable, passwords, signer, verifier } from './stand-ins.ts';

/** Between the end of a process that cannot start and its next start. */
const RESTART_MS = 1000;

const services = [...createServices(passwords), archive];
const serviceNamed = (name: string) => services.find((service) => service.name === name) as Service;

/** On the embedded platform all services share one process. */
function processesOf({ platform, replicas, pages }: Plan) {
  const live = pages ? ['live'] : [];
  if (platform === 'embedded') return [{ services: [...SERVICES, ...live], index: 0 }];
  return [...SERVICES, ...live].flatMap((service) =>
    Array.from({ length: replicas[service] ?? LIVE_REPLICAS }, (_, index) => ({
      services: [service],
      index,
    })),
  );
}

const LIVE_REPLICAS = 2;

const processNamed = (services: readonly string[], index: number) =>
  `${services.length === 1 ? services[0] : 'marketplace'} ${index + 1}`;

type Surroundings = Parameters<typeof mount>[1];

interface Replica extends Stoppable {
  /** The services that run in its process, and die with it. */
  services: readonly string[];
  door: Door;
  /** Returns a line for each kind of those that it attends to. */
  attended: () => string[];
  inWork: Set<Promise<unknown>>;
}

export interface ClusterOptions {
  simulation: Simulation;
  plan: Plan;
  /** Wraps the platform before the services get it. */
  wrap?: ((platform: Platform) => Platform) | undefined;
  /** Receives errors that a service logged, except when an engine was away. */
  onError: (message: string, error: unknown) => void;
  /** Receives the time that a replica took to stop in order. */
  onStopped: (name: string, tookMs: number) => void;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #replicas = new Map<string, (Replica | undefined)[]>();
  readonly #startMs: number;
  /** Processes that are starting, by their names. */
  readonly #starting = new Map<string, SimulatedProcess>();
  /** The version of each process that is not of the first. */
  readonly #versions = new Map<string, number>();

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.#startMs = options.simulation.nowMs;
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

  /** Lets every process at this place stand still. */
  pause(place: Place, untilMs: number): void {
    for (const { process } of new Set(
      [...this.#replicas.keys()].flatMap((of) => this.#living(of)),
    )) {
      if (isAt(place, process.name)) process.pause(untilMs);
    }
  }

  /** Whether a request waits at this replica. */
  isWaitedFor({ service = '', replica }: Place): boolean {
    const lines = this.#replicas.get(service)?.[replica]?.attended() ?? [];
    return lines.some((line) => line.endsWith(' waiting'));
  }

  /** Stops a replica in order, if it lives, and starts it again after a while. `onEnd` receives when at the latest. */
  stop(
    { service, replica: index, lastsMs }: { service: string; replica: number; lastsMs: number },
    onEnd: (atMs: number) => void,
  ): void {
    const replica = this.#replicas.get(service)?.[index];
    if (replica === undefined) return;
    const { simulation, onStopped } = this.#options;
    for (const each of replica.services) this.#set(each, index, undefined);
    onEnd(simulation.nowMs + KILLED_AFTER_MS + lastsMs);
    void stopInOrder(simulation, replica).then((tookMs) => {
      if (tookMs !== undefined) onStopped(replica.process.name, tookMs);
      this.#startAgain(replica, index, lastsMs);
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

  /** Opens a live stream at a living replica, if there is one. */
  listen(
    { query, cookie, story }: { query: string; cookie: string | undefined; story: string },
    die: number,
    receive: (text: string) => void,
  ): Stream | undefined {
    const living = this.#living('live');
    const replica = living[Math.floor(die * living.length)];
    if (replica === undefined) return undefined;
    const raw = new Stream(this.#options.simulation, replica.process, receive);
    const asked = { method: 'GET', url: `/api/live${query}`, cookie, raw } as const;
    const answer = replica.door.request(asked, storyNamed(story));
    replica.inWork.add(answer);
    void answer.then(({ status }) => {
      replica.inWork.delete(answer);
      if (status !== 200) raw.end();
    });
    return raw;
  }

  /** Returns a line for each kind of streams, topics or requests that a living replica attends to. */
  attended(): string[] {
    const replicas = [...this.#replicas.keys()].flatMap((service) => this.#living(service));
    return [...new Set(replicas)].flatMap((replica) => replica.attended());
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
    const process = simulation.process(name, (nowMs) =>
      skewMsOf(plan, name, nowMs - this.#startMs),
    );
    this.#starting.set(name, process);
    const own = plan.eventsKeptMs === undefined ? process.platform : reading(process.platform);
    const platform = wrap?.(own) ?? own;
    const log = createLog((message, error) => {
      if (process.isAlive) onError(`${process.name}: ${message}`, error);
    });
    const door = new Door(log);
    const config = readConfig({
      // Of the limits only those by records: nothing counts on the simulated platform unless told.
      RATE_LIMITS: 'on',
      MAX_HOLDS: String(plan.maxHolds),
      HOLD_PAUSES: HOLD_PAUSES.join(),
      ORDER_EXPIRATION_SECONDS: String(plan.orderExpirationSeconds),
      ...settingsOf(plan),
    });
    const { clock } = platform;
    const surroundings = {
      ...{ app: door.app, platform, config, log },
      ...{ verifySession: verifier(clock), signSession: signer(clock), devices },
    };
    const attended: (() => string[])[] = [];
    const running: Awaited<ReturnType<typeof mount>>[] = [];
    for (const service of services) {
      const [known, around] = this.#versionOf(name, service, surroundings);
      const attentive = attending(known);
      attended.push(attentive.attended);
      running.push(await mount(attentive.service, around));
    }
    try {
      await platform.start();
    } catch (error) {
      process.crash();
      throw error;
    } finally {
      this.#starting.delete(name);
    }
    for (const service of running) service.start();
    const replica: Replica = {
      ...{ services, process, door },
      inWork: new Set(),
      attended: () => attended.flatMap((lines) => lines()).map((line) => `${name}, ${line}`),
      stop() {
        door.close();
        return Promise.all(running.map((service) => service.stop()));
      },
      close: () => platform.close(),
    };
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
async function ask({ process, door, inWork }: Replica, asked: DoorRequest, story: Story) {
  const { promise, resolve } = Promise.withResolvers<DoorReply>();
  process.whenAwake(() => resolve(door.request(asked, story)));
  inWork.add(promise);
  const reply = await promise;
  inWork.delete(promise);
  return process.isAlive ? reply : new Promise<never>(() => {});
}
