/** The marketplace as processes on servers of its own, under a constant load of purchases, while things go wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type AnyEvent, publisherOf } from '@fairseat/common/events';
import { type DistributedPlatform, openDistributed } from '@fairseat/platform/distributed';
import { newNamespace } from '@fairseat/test-support/namespaces';
import { audit, QUIET_WITHIN_MS } from './audit.ts';
import type { OwnServers } from './engines.ts';
import type { Links } from './links.ts';
import { Load } from './load.ts';
import { withoutCause } from './person.ts';
import { Services } from './services.ts';

const CALM_MS = 1500;
/** If no purchase succeeds within this time, the outcome is "never". */
const SELLS_WITHIN_MS = 60_000;

export interface StageOptions {
  servers: OwnServers;
  /** The links through which the services reach their engines, if not directly. */
  links?: Links;
  replicas: number;
  holdSeconds: number;
  perSecond: number;
  onLine: (line: string) => void;
}

export interface Fault {
  name: string;
  /** Breaks something and repairs it; calls `again` each time that all parts are back. */
  happen(stage: Stage, again: () => Promise<void>): Promise<void>;
  /** How soon purchases must succeed again; 5 s unless said. */
  sellsWithinMs?: number;
  /** The reason why it cannot happen here, if there is one. */
  impossible?(stage: Stage): string | undefined;
}

export interface Outcome {
  name: string;
  /** The time at which it began, in ISO 8601. */
  ranAt: string;
  /** The load average of the machine in the minute before. */
  busy: number;
  impossible?: string;
  /** The time until the last part was back. */
  lastedMs: number;
  /** Purchases that came to their end meanwhile. */
  sold: number;
  requests: number;
  failed: number;
  /** Of those, the ones whose connection was refused or cut; not told of outcomes of before. */
  cut?: number;
  /** The time from each moment when all parts were back until a purchase begun after it was over; null for never. */
  againMs: (number | null)[];
  /** Everything that was lost, doubled or otherwise wrong once all was quiet. */
  wrong: string[];
}

export class Stage {
  readonly servers: OwnServers;
  readonly links: Links | undefined;
  readonly services: Services;
  readonly #load: Load;
  /** The platform of the services, connected directly rather than through the links. */
  readonly platform: DistributedPlatform;
  readonly engines: Parameters<typeof audit>[0];
  readonly #folder: string;

  private constructor(
    { servers, links }: StageOptions,
    services: Services,
    load: Load,
    engines: Parameters<typeof audit>[0],
    folder: string,
  ) {
    this.servers = servers;
    this.links = links;
    this.services = services;
    this.#load = load;
    this.engines = engines;
    this.#folder = folder;
    this.platform = openDistributed(engines);
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { servers, links, replicas, holdSeconds, perSecond, onLine } = options;
    const folder = mkdtempSync(join(tmpdir(), 'fairseat-faults-'));
    const namespace = newNamespace();
    const urls = links?.urls ?? {
      database: servers.database.url,
      NATS: servers.NATS.url,
      Redis: servers.Redis.url,
    };
    const services = await Services.start({
      replicas,
      onLine,
      clockFile: join(folder, 'clock'),
      heldFolder: join(folder, 'held'),
      env: {
        MONGODB_URL: urls.database,
        NATS_URL: urls.NATS,
        REDIS_URL: urls.Redis,
        NAMESPACE: namespace,
        ORDER_EXPIRATION_SECONDS: String(holdSeconds),
      },
    });
    const load = await Load.at(services.url, perSecond);
    const engines = {
      mongodbUrl: servers.database.url,
      natsUrl: servers.NATS.url,
      redisUrl: servers.Redis.url,
      namespace,
    };
    return new Stage(options, services, load, engines, folder);
  }

  /** Resolves to the next such event that is published. */
  async heard(what: string, isIt: (event: AnyEvent) => boolean): Promise<AnyEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<AnyEvent>();
    const stop = this.platform.bus.watch((event) => {
      if (isIt(event)) resolve(event);
    });
    const late = AbortSignal.timeout(SELLS_WITHIN_MS);
    late.addEventListener('abort', () => reject(new Error(`no ${what} in time`)));
    return promise.finally(stop);
  }

  /** The offset of a service's clock, in ms, by the time of the next event that it publishes. */
  async aheadMs(service: string): Promise<number> {
    const what = `event of ${service}`;
    const { time } = await this.heard(what, ({ type }) => publisherOf(type) === service);
    return Date.parse(time) - Date.now();
  }

  /** Resolves once no purchase waits any more for an earlier fault. */
  caughtUp = () => this.#load.caughtUp();

  async suffer(fault: Fault): Promise<Outcome> {
    const { name } = fault;
    const impossible = fault.impossible?.(this);
    const outcome: Outcome = {
      ...{ name, ranAt: new Date().toISOString(), busy: loadavg()[0] ?? 0 },
      ...{ lastedMs: 0, sold: 0, requests: 0, failed: 0, againMs: [], wrong: [] },
      ...(impossible !== undefined && { impossible }),
    };
    if (impossible) return outcome;
    const load = this.#load;
    const before = { ...load.counts };
    load.begin();
    await load.soldSince(Date.now(), SELLS_WITHIN_MS);
    const begunAt = Date.now();
    let endedAt = begunAt;
    let wellAt = Number.POSITIVE_INFINITY;
    try {
      await fault.happen(this, async () => {
        endedAt = Date.now();
        const soldAt = await load.soldSince(endedAt, SELLS_WITHIN_MS);
        wellAt = soldAt ?? Number.POSITIVE_INFINITY;
        outcome.againMs.push(soldAt === undefined ? null : soldAt - endedAt);
      });
      await pause(CALM_MS);
    } catch (error) {
      wellAt = Number.POSITIVE_INFINITY;
      outcome.wrong.push(`the fault could not be completed: ${error}`);
    } finally {
      await load.end();
    }
    outcome.lastedMs = endedAt - begunAt;
    outcome.sold = load.soldBetween(begunAt, endedAt);
    outcome.requests = load.counts.requests - before.requests;
    outcome.failed = load.counts.failed - before.failed;
    const cuts = load.counts.cuts.splice(0);
    outcome.cut = cuts.length;
    for (const { cutAt } of withoutCause(cuts, begunAt, wellAt)) {
      const after = cutAt - begunAt;
      outcome.wrong.push(`a connection was cut without a cause, ${after} ms after the fault began`);
    }
    outcome.wrong.push(...load.stuck.splice(0), ...(await this.audit()));
    return outcome;
  }

  /** Everything that is wrong, once all is quiet or the time for that is over. */
  audit = (quietWithinMs = QUIET_WITHIN_MS) =>
    audit(this.engines, this.#load.promised, quietWithinMs);

  async close() {
    await this.#load.end();
    await this.platform.close();
    await this.services.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
