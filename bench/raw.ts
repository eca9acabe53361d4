/**
 * The least that the engines must do for a reservation: the operations of one, recorded from a run of the marketplace,
 * then replayed by a bare loop for other tickets. The environment names the servers; each message `{ forMs, atOnce }`
 * is one replay.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, createSessionKey, createSessionSigner, readConfig } from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { createMarketplace } from '@fairseat/marketplace';
import { openDistributed } from '@fairseat/platform/distributed';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { Collection, MongoClient } from 'mongodb';
import { another, copyTicket, mentionsAnId } from './copies.ts';

export interface Replay {
  forMs: number;
  atOnce: number;
}
export interface Replayed {
  count: number;
  perSecond: number;
}

interface Operation {
  engine: 'MongoDB' | 'NATS' | 'Redis';
  /** The database and collection, for MongoDB. */
  place: [string, string];
  name: string;
  args: unknown[];
}

const { MONGODB_URL = '', NATS_URL = '', REDIS_URL = '', NAMESPACE: namespace = '' } = process.env;
const servers = { mongodbUrl: MONGODB_URL, natsUrl: NATS_URL, redisUrl: REDIS_URL };
const mongo = new MongoClient(MONGODB_URL, {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  ignoreUndefined: true,
  maxPoolSize: 50,
});
const connection = await connect({ servers: NATS_URL });
const streams = jetstream(connection);
const redis = new Redis(REDIS_URL);

const TICKETS = 30_000;
const QUIET_MS = 700;
let recorded: Operation[] = [];
let nested = false;

/** Records every call of these methods, but not the calls that they make themselves. */
function record(engine: Operation['engine'], prototype: object, names: string[]) {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = methods[name] as (...args: unknown[]) => unknown;
    methods[name] = function (this: { dbName: string; collectionName: string }, ...args) {
      if (!nested) {
        const place: [string, string] = [this.dbName, this.collectionName];
        recorded.push({ engine, place, ...asCalled(name, args) });
      }
      const outer = nested;
      nested = true;
      try {
        return original.apply(this, args);
      } finally {
        nested = outer;
      }
    };
  }
}

/** ioredis wraps each command in an object; the recording keeps its name and arguments. */
function asCalled(name: string, args: unknown[]): { name: string; args: unknown[] } {
  if (name !== 'sendCommand') return { name, args: structuredClone(args) };
  const command = args[0] as { name: string; args: unknown[] };
  return { name: command.name, args: [...command.args] };
}

async function untilNothingIsRecorded() {
  const isItsOwn = ({ args }: Operation) => mentionsAnId(textOf(args));
  for (let before = -1, now = 0; now !== before; ) {
    before = now;
    await sleep(QUIET_MS);
    now = recorded.filter(isItsOwn).length;
  }
}

/** Records one reservation, in a marketplace with enough other tickets to replay it. */
async function recordOne() {
  record('MongoDB', Collection.prototype, [
    ...['insertOne', 'updateOne', 'findOne', 'findOneAndUpdate', 'bulkWrite', 'countDocuments'],
  ]);
  record('NATS', Object.getPrototypeOf(streams), ['publish']);
  record('Redis', Redis.prototype, ['sendCommand']);
  const config = readConfig({});
  const openGateway = chooseGateway(config);
  const platform = openDistributed({ ...servers, namespace, openGateway, rateLimits: false });
  const sessionKey = await createSessionKey();
  const market = await createMarketplace({
    platform,
    config,
    log: createLog('silent'),
    sessionKey,
    passwords: { hash: async () => '', matches: async () => false },
  });
  await market.start();
  const sign = await createSessionSigner(sessionKey, platform.clock);
  const post = async (who: string, url: string, payload: object) => {
    const cookie = `session=${await sign(who.repeat(32), who.repeat(32))}`;
    const reply = await market.app.inject({ method: 'POST', url, headers: { cookie }, payload });
    if (reply.statusCode !== 201) throw new Error(reply.body);
    await untilNothingIsRecorded();
    return (await reply.json()) as { id: string };
  };
  const ticket = await post('a', '/api/tickets', { title: 'Row 12 seat 7 evening', price: 4990 });
  await copyTicket(MONGODB_URL, namespace, TICKETS);
  recorded = [];
  const order = await post('b', '/api/orders', { ticketId: ticket.id });
  const isItsOwn = ({ args }: Operation) => {
    const text = textOf(args);
    return text.includes(ticket.id) || text.includes(order.id);
  };
  const operations = recorded.filter(isItsOwn);
  await market.stop();
  nested = true;
  return operations;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part?.type === 'Buffer' ? Buffer.from(part.data).toString('latin1') : part,
  );

async function again({ engine, place, name, args }: Operation, n: number) {
  const own = another(args, n);
  if (engine === 'NATS') await streams.publish(...(own as Parameters<JetStreamClient['publish']>));
  else if (engine === 'Redis') await redis.call(name, ...(own as string[]));
  else await onMongoDb(place, name, own, n);
}

async function onMongoDb(place: Operation['place'], name: string, args: unknown[], n: number) {
  const collection = mongo.db(place[0]).collection(place[1]) as unknown as Record<
    string,
    (...args: unknown[]) => Promise<{ matchedCount?: number } | null>
  >;
  const outcome = await collection[name]?.(...args);
  if (outcome?.matchedCount === 0) throw new Error(`${name} ${n} finds nothing to change`);
}

/** Every group's consumer receives and acknowledges all events. */
async function consumeAll() {
  const manager = await jetstreamManager(connection);
  for await (const { config } of manager.streams.list()) {
    if (!config.name.startsWith(`${namespace}_`)) continue;
    for await (const { name } of manager.consumers.list(config.name)) {
      const messages = await (await streams.consumers.get(config.name, name)).consume();
      void (async () => {
        for await (const message of messages) message.ack();
      })();
    }
  }
}

const operations = await recordOne();
await consumeAll();

let done = 0;
process.on('message', async ({ forMs, atOnce }: Replay) => {
  const startedAt = performance.now();
  const first = done;
  const worker = async () => {
    while (performance.now() - startedAt < forMs) {
      const n = ++done;
      for (const operation of operations) await again(operation, n);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const count = done - first;
  const perSecond = count / ((performance.now() - startedAt) / 1000);
  process.send?.({ count, perSecond } satisfies Replayed);
});
const counts = Map.groupBy(operations, ({ engine, name }) => `${engine} ${name}`);
process.send?.([...counts].map(([name, all]) => `${all.length} ${name}`));
