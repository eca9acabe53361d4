/** For tests: servers that only they use, and so may kill. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, programOf } from '@fairseat/servers';
import { Redis } from 'ioredis';
import { endWithUs } from './end-with-us.ts';
import { temporaryFolder } from './process.ts';

export interface OwnServer {
  /** Resolves once it has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** From now on it says nothing, and refuses nothing. */
  freeze(): void;
}

/** Does not wait until it answers. */
export function startServer(program: string, args: string[]): OwnServer {
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  endWithUs(child.pid);
  const ended = once(child, 'exit');
  return {
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
    freeze() {
      child.kill('SIGSTOP');
    },
  };
}

/** A NATS with such users, which does not answer yet. */
export async function startNatsServer(folder: string, users: string) {
  const port = await freePort(0);
  const file = join(folder, 'nats.conf');
  const jetstream = `jetstream { store_dir: "${folder}/jetstream" }`;
  writeFileSync(file, [`listen: "127.0.0.1:${port}"`, jetstream, users].join('\n'));
  const server = startServer(await programOf('NATS_URL'), ['--config', file]);
  return { ...server, url: `nats://127.0.0.1:${port}` };
}

/** A Redis, and a connection to it past all of our own code. */
export interface OwnRedis extends OwnServer {
  port: number;
  url: string;
  redis: Redis;
}

const MASTER = 'mymaster';

export class RedisServers {
  readonly #folder = temporaryFolder();
  readonly #started: OwnRedis[] = [];

  async start(...args: string[]): Promise<OwnRedis> {
    const port = await freePort(0);
    return this.#run(port, [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#folder.path],
      ...['--save', '', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'],
      ...args,
    ]);
  }

  /** Has a copy of everything once it is returned. */
  async startReplica(master: OwnRedis): Promise<OwnRedis> {
    const replica = await this.start('--replicaof', '127.0.0.1', `${master.port}`);
    while (!/master_link_status:up/.test(await replica.redis.info('replication')));
    return replica;
  }

  /** Watches a master, and makes its replica the master half a second after it is gone. */
  async startSentinel(master: OwnRedis): Promise<OwnRedis & { sentinelUrl: string }> {
    const port = await freePort(0);
    const file = join(this.#folder.path, `sentinel-${port}.conf`);
    const settings = [
      ...[`port ${port}`, 'bind 127.0.0.1', `dir ${this.#folder.path}`],
      `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${MASTER} 500`,
      `sentinel failover-timeout ${MASTER} 3000`,
    ];
    writeFileSync(file, settings.join('\n'));
    const sentinel = await this.#run(port, [file, '--sentinel']);
    while (!(await knowsReplica(sentinel)));
    const sentinelUrl = `redis+sentinel://127.0.0.1:${port}/${MASTER}`;
    return { ...sentinel, sentinelUrl };
  }

  /** Three masters that share the keys. Returns the address of two. */
  async startCluster(): Promise<string> {
    const SLOTS = 16_384;
    const nodes: (OwnRedis & { bus: number })[] = [];
    for (const n of [0, 1, 2]) {
      const bus = await freePort(0);
      const settings = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`];
      const node = await this.start(...settings, '--cluster-config-file', `nodes-${n}.conf`);
      nodes.push({ ...node, bus });
      const [from, to] = [n, n + 1].map((part) => Math.floor((part * SLOTS) / 3));
      await node.redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
      await node.redis.call('CLUSTER', 'ADDSLOTSRANGE', from as number, (to as number) - 1);
    }
    const [first, ...others] = nodes as [OwnRedis, ...typeof nodes];
    for (const { port, bus } of others) {
      await first.redis.call('CLUSTER', 'MEET', '127.0.0.1', port, bus);
    }
    for (const { redis } of nodes) {
      while (!/cluster_state:ok/.test(`${await redis.call('CLUSTER', 'INFO')}`));
    }
    return `redis+cluster://${nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`)}`;
  }

  async #run(port: number, args: string[]): Promise<OwnRedis> {
    const server = startServer(await programOf('REDIS_URL'), args);
    const redis = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    redis.on('error', () => {});
    const started: OwnRedis = {
      ...server,
      port,
      redis,
      url: `redis://127.0.0.1:${port}`,
      async end(signal) {
        redis.disconnect();
        await server.end(signal);
      },
    };
    this.#started.push(started);
    await redis.ping();
    return started;
  }

  async end() {
    for (const server of this.#started) await server.end('SIGKILL');
    this.#folder[Symbol.dispose]();
  }
}

/** Whether a Sentinel knows enough of a replica to choose it. */
async function knowsReplica({ redis }: OwnRedis): Promise<boolean> {
  const replicas = (await redis.call('SENTINEL', 'REPLICAS', MASTER)) as string[][];
  return replicas.some((fields) => fields[fields.indexOf('master-link-status') + 1] === 'ok');
}
