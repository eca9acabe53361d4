/** The distributed platform: state in MongoDB, events on NATS JetStream, alarms and limits in Redis. */
import type { Clock, OpenGateway, Platform, Stored, TableDefinition } from '@fairseat/common/ports';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { systemClock } from '../clock.ts';
import { ACK_WAIT_MS, type DeliveryTiming, keptMs, timingOf } from '../delivery.ts';
import { openWhenAsked } from '../gateway.ts';
import { createNewId } from '../ids.ts';
import { createCounters, createRateLimiter, unlimited } from '../rate-limiter.ts';
import type { Retention } from '../retention.ts';
import { BullTimers } from './bullmq.ts';
import { JetStreamBus } from './bus.ts';
import { EngineError, TELL_AGAIN_MS, untilReachable } from './engine.ts';
import { FeedStream } from './feed-stream.ts';
import { Mongo, prefixOf } from './mongodb.ts';
import { Nats } from './nats.ts';
import { RedisEngine } from './redis.ts';
import { createRegistry } from './registry.ts';
import { Relay } from './relay.ts';
import { MongoTable } from './table.ts';

/** There is no connection before a first use. */
const NOT_ASKED = 'mongodb://not-set.invalid/';

export { readEvents } from './read-events.ts';
export { readStatus } from './status.ts';
export { fromWire, toWire } from './wire.ts';
export { EngineError };

/** Tests set shorter times for delivery. */
export interface DistributedOptions extends Partial<DeliveryTiming> {
  /** Required when a service has tables or handlers. One that only listens needs NATS alone. */
  mongodbUrl?: string | undefined;
  /** One address, or those of several servers of a cluster, separated by commas. */
  natsUrl: string;
  /** A user's `.creds`, or the seed of a user's NKey, in place of user and password in `natsUrl`. */
  natsCredentialsFile?: string;
  /** Required when a service has alarms or limits. A server, Sentinels or a cluster, see `parseRedisUrl`. */
  redisUrl?: string | undefined;
  /** Required when a service takes money. */
  openGateway?: OpenGateway | undefined;
  /** A PEM file with the certificate authorities of all three engines, for addresses that require TLS. */
  tlsCaFile?: string;
  /** The number of NATS servers that store each stream. */
  natsReplicas?: number;
  /** How much each stream keeps; without it, events of 30 days, however many. */
  retention?: Retention;
  /** Publishes events in a form that releases after 0.1.0 read. */
  compressEvents?: boolean;
  /** The name of this process on the engines. */
  name?: string;
  /** Prefixes every name on the engines, so that several marketplaces can share them. */
  namespace?: string;
  clock?: Clock;
  rateLimits?: boolean;
  /** Receives errors in background work. */
  onError?: (message: string, error: unknown) => void;
  /** Receives a line for each engine that the start waits for. */
  onWaiting?: (line: string) => void;
  /** Receives a line for each table that a version has left half filled, see `Backfill`. */
  onHalfFilled?: (line: string) => void;
  /** See `ConsumerOptions`. */
  ackWaitMs?: number;
  /** Services whose streams it makes, though it does not run them: for tests. */
  owns?: readonly string[];
}

export interface DistributedPlatform extends Platform {
  /** For tests: resolves once the groups here have handled all events and no alarm is due. */
  settled(): Promise<void>;
  /** For tests: ends as a killed process would. */
  crash(): Promise<void>;
}

/**
 * Connects on first use, at the latest in `start`, which waits until all engines answer.
 * @throws EngineError when an address is malformed; `start` also throws it when waiting does not help.
 */
export function openDistributed(options: DistributedOptions): DistributedPlatform {
  const { clock = systemClock, name = 'fairseat', namespace, rateLimits = true } = options;
  const { retention, onHalfFilled = () => {} } = options;
  const { onError = () => {}, onWaiting = () => {}, tlsCaFile: caFile } = options;
  const prefix = prefixOf(namespace);
  let closed = false;
  const onTrouble = sparingly(clock, (message, error) => {
    if (!closed) onError(message, error);
  });
  const waiting = { clock, onWaiting, isOver: () => closed };

  const mongo = new Mongo({ url: options.mongodbUrl ?? NOT_ASKED, caFile, name, prefix, clock });
  const streams = { namespace, replicas: options.natsReplicas ?? 1, retention, clock };
  const nats = new Nats({
    url: options.natsUrl,
    caFile,
    credentialsFile: options.natsCredentialsFile,
    name,
    ...streams,
    compressEvents: options.compressEvents ?? false,
    ...waiting,
  });
  for (const service of options.owns ?? []) nats.own(service);
  const redis = new RedisEngine({ url: options.redisUrl, caFile, name });

  const relay = new Relay({
    clock,
    publish: (event) => nats.publish(event),
    onError: (error) => onTrouble('an event waits in the database, it will be sent', error),
  });
  const bus = new JetStreamBus(nats, mongo, {
    clock,
    ...timingOf(options),
    ackWaitMs: options.ackWaitMs ?? ACK_WAIT_MS,
    onDeadLetter: (group, reason, body) => onError(`dead letter for ${group}: ${body}`, reason),
    onTrouble: (error) => onTrouble('consumers wait for an engine', error),
    onLoss: (service) =>
      onError(`NATS has lost what ${service} said; every record is said again`, undefined),
    onWatcherError: (error) => onError('a watcher of events failed', error),
    eventsKeptMs: keptMs(retention?.eventsKeptDays),
    onForgotten: (group, count) =>
      onError(`the ${count} oldest dead letters of ${group} were forgotten`, undefined),
  });
  const feed = new FeedStream({
    nats,
    stream: streams,
    onError: (error) => onTrouble('the stream of all events waits for NATS', error),
  });
  const tables = new Map<string, MongoTable<never>>();
  const newTable = <R extends Stored>(service: string, definition: TableDefinition<R>) =>
    new MongoTable(mongo, service, definition, relay, {
      clock,
      onError: (error) => onTrouble(`${service}_${definition.name} is not filled yet`, error),
    });
  const openTable = <R extends Stored>(service: string, definition: TableDefinition<R>) => {
    const path = `${service}/${definition.name}`;
    const table = tables.get(path) ?? newTable(service, definition);
    if (!tables.has(path)) relay.watch(table);
    tables.set(path, table as MongoTable<never>);
    return table as MongoTable<R>;
  };
  const fill = async (backfill: MongoTable<never>['backfill']) => {
    const line = await backfill.halfFilled().catch(() => undefined);
    if (line) onHalfFilled(line);
    await backfill.run();
  };
  const timers: BullTimers[] = [];
  // The gateway's tables publish nothing, so neither the start nor the relay needs to know them.
  const gateway = openWhenAsked(options.openGateway, {
    clock,
    table: newTable,
  });

  return {
    clock,
    newId: createNewId(clock),
    table: openTable,
    backfills: () => [...tables.values()].flatMap(({ backfill }) => backfill.progress ?? []),
    bus,
    eventLog: () => feed.use(),
    registry: (of) => createRegistry(nats, of, streams),
    get gateway() {
      return gateway();
    },
    timers(service) {
      const own = new BullTimers({
        service,
        prefix: redis.together(prefix),
        clock,
        connections: redis,
        explain: redis.explain,
        onError: (error) => onTrouble(`an alarm of ${service} failed, it will ring again`, error),
      });
      timers.push(own);
      return own;
    },
    rateLimiter(limitName, limit) {
      if (!rateLimits) return unlimited;
      const counters = new RateLimiterRedis({
        storeClient: redis.commands,
        keyPrefix: `${prefix}:limit:${limitName}`,
        points: limit.count,
        duration: limit.perSeconds,
        rejectIfRedisNotReady: true,
        // While Redis is away, each process counts for itself.
        insuranceLimiter: createCounters(limit),
      });
      return createRateLimiter(limit, counters);
    },
    async start() {
      const prepareTables = async () => {
        if (options.mongodbUrl === undefined) {
          if (tables.size === 0 && !bus.hasGroups) return;
          throw new EngineError(
            'MONGODB_URL is not set. Only what listens and no more needs none.',
          );
        }
        await mongo.check();
        await Promise.all([...tables.values()].map((table) => table.prepare()));
      };
      await Promise.all([
        untilReachable(prepareTables, mongo.explain, waiting),
        untilReachable(() => redis.check(), redis.explain, waiting),
        nats.open(),
      ]);
      await untilReachable(() => bus.start(), nats.explain, waiting);
      feed.lookout.start();
      for (const each of timers) each.start();
      relay.start();
      for (const { backfill } of tables.values()) void fill(backfill);
    },
    async settled() {
      for (let quiet = 0; quiet < 2; quiet++) {
        await relay.settled();
        const backlog = await bus.backlog();
        const idle = await Promise.all(timers.map((each) => each.isIdle()));
        if (backlog.some(({ events }) => events > 0) || idle.includes(false)) quiet = -1;
      }
    },
    async close() {
      closed = true;
      await Promise.all([
        bus.stop(),
        feed.lookout.stop(),
        ...timers.map((each) => each.stop()),
        ...[...tables.values()].map(({ backfill }) => backfill.stop()),
      ]);
      await relay.stop();
      await Promise.all([nats.close(), mongo.close()]);
      redis.disconnect();
    },
    async crash() {
      closed = true;
      for (const { backfill } of tables.values()) backfill.crash();
      bus.crash();
      feed.lookout.crash();
      relay.crash();
      redis.disconnect();
      await Promise.all([nats.crash(), mongo.close(true), ...timers.map((each) => each.crash())]);
    },
  };
}

/** Limits how often a line is repeated, since many callers notice at once that an engine is away. */
function sparingly(clock: Clock, tell: (message: string, error: unknown) => void) {
  const saidAt = new Map<string, number>();
  return (message: string, error: unknown) => {
    const now = clock.monotonic();
    if (now - (saidAt.get(message) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    saidAt.set(message, now);
    tell(message, error);
  };
}
