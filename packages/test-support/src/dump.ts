/** Databases as text, by canonical EJSON: every type of a value is kept. */
import { BSON, type Document, MongoClient } from 'mongodb';

interface Collection {
  indexes: { key: Document; name: string }[];
  documents: Document[];
}

/** By the names of the database, without its namespace, and of the collection. */
export type Dump = Record<string, Record<string, Collection>>;

/** What the databases of a namespace hold. */
export const dumpDatabases = (url: string, namespace: string): Promise<Dump> =>
  connected(url, async (client) => {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
    const prefix = `${namespace}_`;
    const own = databases.map(({ name }) => name).filter((name) => name.startsWith(prefix));
    return collected(own.toSorted(), prefix, async (database) => {
      const found = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
      return collected(found.map(({ name }) => name).toSorted(), '', async (name) => {
        const collection = client.db(database).collection(name);
        const indexes = (await collection.indexes()) as Collection['indexes'];
        return { indexes, documents: await collection.find().sort({ _id: 1 }).toArray() };
      });
    });
  });

/** Makes the databases anew in another namespace. */
export const loadDatabases = (url: string, namespace: string, dump: Dump) =>
  connected(url, async (client) => {
    for (const [database, collections] of Object.entries(dump)) {
      for (const [name, { indexes, documents }] of Object.entries(collections)) {
        const collection = client.db(`${namespace}_${database}`).collection(name);
        const further = indexes.filter((index) => index.name !== '_id_');
        if (further.length > 0) await collection.createIndexes(further as never);
        if (documents.length > 0) await collection.insertMany(documents);
      }
    }
  });

export const toText = (dump: Dump): string =>
  BSON.EJSON.stringify(dump, undefined, 1, { relaxed: false });

export const fromText = (text: string): Dump => BSON.EJSON.parse(text, { relaxed: false });

async function connected<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function collected<T>(names: string[], prefix: string, of: (name: string) => Promise<T>) {
  const entries: [string, T][] = [];
  for (const name of names) entries.push([name.slice(prefix.length), await of(name)]);
  return Object.fromEntries(entries);
}
