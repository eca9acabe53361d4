/** For tests on real servers: namespaces that nothing else uses, and their removal. */
import { randomBytes } from 'node:crypto';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';

export interface Servers {
  mongodbUrl: string;
  natsUrl: string;
  redisUrl: string;
}

export const newNamespace = () => `test_${randomBytes(6).toString('hex')}`;

/** Removes everything stored under a namespace. */
export async function removeNamespace(servers: Servers, namespace: string): Promise<void> {
  await Promise.all([
    removeDatabases(servers.mongodbUrl, namespace),
    removeStreams(servers.natsUrl, namespace),
    removeKeys(servers.redisUrl, namespace),
  ]);
}

export async function removeDatabases(url: string, namespace: string) {
  const client = new MongoClient(url);
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const own = databases.filter(({ name }) => name.startsWith(`${namespace}_`));
  await Promise.all(own.map(({ name }) => client.db(name).dropDatabase()));
  await client.close();
}

/** Copies a service's database. The returned function puts the copy back in its place. */
export async function copyDatabase(url: string, name: string): Promise<() => Promise<void>> {
  const client = new MongoClient(url);
  const database = client.db(name);
  const copied = await Promise.all(
    (await database.listCollections({}, { nameOnly: true }).toArray()).map(async (collection) => ({
      name: collection.name,
      documents: await database.collection(collection.name).find().toArray(),
    })),
  );
  return async () => {
    for (const { name: collection } of await database.listCollections().toArray()) {
      await database.collection(collection).deleteMany({});
    }
    for (const { name: collection, documents } of copied) {
      if (documents.length > 0) await database.collection(collection).insertMany(documents);
    }
    await client.close();
  };
}

export const removeStreams = (url: string, namespace: string) =>
  withStreams(url, namespace, (streams, name) => streams.delete(name));

/** As time does in the end: the events are gone, and are not counted anew. */
export const purgeStreams = (url: string, namespace: string) =>
  withStreams(url, namespace, (streams, name) => streams.purge(name));

async function withStreams(
  url: string,
  namespace: string,
  act: (streams: JetStreamManager['streams'], name: string) => Promise<unknown>,
) {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  for await (const { config } of streams.list()) {
    if (config.name.startsWith(`${namespace}_`)) await act(streams, config.name);
  }
  await connection.close();
}

export async function removeKeys(url: string, namespace: string) {
  const redis = new Redis(url);
  for await (const keys of redis.scanStream({ match: `${namespace}:*`, count: 1000 })) {
    if (keys.length > 0) await redis.del(keys);
  }
  redis.disconnect();
}
