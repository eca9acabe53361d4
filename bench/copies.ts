/** Makes many tickets of one: copies of the documents that the services have made, under ids of their own. */
import { type Document, MongoClient } from 'mongodb';

/** A longer run of digits is a digest. */
const ID = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g;
const BATCH = 500;

export const mentionsAnId = (text: string) => text.search(ID) >= 0;

/** A copy in which `n` replaces the end of every id. */
export function another<T>(value: T, n: number): T {
  const rename = (text: string) =>
    text.replace(ID, (id) => id.slice(0, 24) + n.toString(16).padStart(8, '0'));
  if (typeof value === 'string') return rename(value) as T;
  if (Buffer.isBuffer(value)) return Buffer.from(rename(value.toString('latin1')), 'latin1') as T;
  if (Array.isArray(value)) return value.map((part) => another(part, n)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, another(part, n)]),
  ) as T;
}

/**
 * Copies the one ticket of a marketplace, and orders' listing of it once there is one, as if so many had been listed.
 * Returns the ids of the copies.
 */
export async function copyTicket(mongodbUrl: string, namespace: string, count: number) {
  const mongo = new MongoClient(mongodbUrl);
  const ticketIds = await copyOnly(mongo, `${namespace}_tickets`, 'tickets', count);
  await copyOnly(mongo, `${namespace}_orders`, 'listings', count);
  await mongo.close();
  return ticketIds;
}

async function copyOnly(mongo: MongoClient, database: string, table: string, count: number) {
  const collection = mongo.db(database).collection(table);
  let original = await collection.findOne({});
  while (original === null) original = await collection.findOne({});
  const copies: Document[] = [];
  for (let n = 1; n <= count; n++) copies.push(another(original, n));
  for (let from = 0; from < count; from += BATCH) {
    await collection.insertMany(copies.slice(from, from + BATCH));
  }
  return copies.map(({ _id }) => String(_id));
}
