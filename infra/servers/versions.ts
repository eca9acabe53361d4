/** Asks each server for its version through its own client, which also shows that it answers. */
import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';

const ANSWER_WITHIN_MS = 10_000;
const caFile = process.env['TLS_CA_FILE'];

export async function mongodbVersion(url: string): Promise<string> {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: ANSWER_WITHIN_MS,
    ...(caFile && { tlsCAFile: caFile }),
  });
  try {
    const info = await client.db('admin').command({ buildInfo: 1 });
    // The stand-in says which MongoDB it stands in for.
    const { version: ferretdb } = info['ferretdb'] ?? {};
    return ferretdb ? `${info['version']} (FerretDB ${ferretdb})` : info['version'];
  } finally {
    await client.close();
  }
}

export async function natsVersion(url: string): Promise<string> {
  const connection = await connect({
    servers: url.split(','),
    timeout: ANSWER_WITHIN_MS,
    reconnect: false,
    ...(caFile && /(^|,)tls:/.test(url) && { tls: { caFile } }),
  });
  const { info } = connection;
  await connection.close();
  if (!info?.jetstream) throw new Error('JetStream is not enabled there (nats-server -js)');
  return info.version;
}

export async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_WITHIN_MS,
    retryStrategy: () => null,
    ...(caFile && url.startsWith('rediss:') && { tls: { ca: readFileSync(caFile) } }),
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '';
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

export async function toxiproxyVersion(url: string): Promise<string> {
  const reply = await fetch(`${url}/version`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return ((await reply.json()) as { version: string }).version;
}
