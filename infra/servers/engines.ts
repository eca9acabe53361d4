/** The servers that the distributed platform runs on: how each is called, started and asked for its version. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { debianProgram, goProgram, mongodbStandIn } from './install.ts';
import { mongodbVersion, natsVersion, redisVersion, toxiproxyVersion } from './versions.ts';

/** Where a server runs, as it sees it itself: in a container these are not our own paths. */
interface Place {
  host: string;
  port: number;
  /** A folder for its data. */
  data: string;
  /** The folder of this file. */
  here: string;
}

export interface Engine {
  name: string;
  /** The setting that says where it is. */
  setting: 'MONGODB_URL' | 'NATS_URL' | 'REDIS_URL' | 'TOXIPROXY_URL';
  program: string;
  /** A container image, and where in it data lies. */
  image?: { name: string; data: string };
  port: number;
  /** The oldest version that will do. */
  oldest: string;
  url(port: number): string;
  /** @throws when nothing answers there, or something else. */
  version(url: string): Promise<string>;
  args(place: Place): string[];
  /** Gets it onto this machine. Answers the command that starts it, and where its data lies if not in `data`. */
  install(place: Place): Promise<{ origin: string; command: string[]; data?: string }>;
}

/** Compares what a server or its program says of itself. */
export function isNewEnough(version: string, { oldest }: Engine): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  return major === oldestMajor ? minor >= oldestMinor : major > oldestMajor;
}

const mongodb: Engine = {
  name: 'MongoDB',
  setting: 'MONGODB_URL',
  program: 'mongod',
  image: { name: 'docker.io/library/mongo:8', data: '/data/db' },
  port: 27017,
  oldest: '7.0',
  url: (port) => `mongodb://127.0.0.1:${port}/`,
  version: mongodbVersion,
  args: ({ host, port, data }) => ['--bind_ip', host, '--port', `${port}`, '--dbpath', data],
  async install({ port, data }) {
    const { root, run } = await mongodbStandIn();
    const folder = `/data/${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
    // Whatever ends it ends all its processes: one of PostgreSQL would go on, busy, without the others. Another user's
    // process would not be told any more that its parent ended, unless that is asked for again.
    const asPostgres = [
      ...['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'],
      '--pdeathsig=KILL',
    ];
    const together = ['unshare', '--pid', '--fork', '--kill-child'];
    return {
      origin: 'FerretDB on PostgreSQL, in place of MongoDB',
      command: [...together, 'chroot', root, ...asPostgres, ...run, folder, `${port}`, '--no-auth'],
      data: join(root, folder),
    };
  },
};

const nats: Engine = {
  name: 'NATS',
  setting: 'NATS_URL',
  program: 'nats-server',
  image: { name: 'docker.io/library/nats:2.15-alpine', data: '/data' },
  port: 4222,
  oldest: '2.12',
  url: (port) => `nats://127.0.0.1:${port}`,
  version: natsVersion,
  args: ({ host, port, data, here }) => [
    ...['--config', join(here, 'nats.conf'), '--store_dir', data],
    ...['--addr', host, '--port', `${port}`],
  ],
  async install(place) {
    const module = 'github.com/nats-io/nats-server/v2@v2.15.2';
    const program = await goProgram(module, 'nats-server');
    return { origin: `built from ${module}`, command: [program, ...nats.args(place)] };
  },
};

const redis: Engine = {
  name: 'Redis',
  setting: 'REDIS_URL',
  program: 'redis-server',
  image: { name: 'docker.io/library/redis:8', data: '/data' },
  port: 6379,
  oldest: '7.0',
  url: (port) => `redis://127.0.0.1:${port}`,
  version: redisVersion,
  args: ({ host, port, data }) => [
    ...['--bind', host, '--protected-mode', 'no', '--port', `${port}`, '--dir', data],
    // What it holds survives a restart, and a full one says so instead of forgetting alarms.
    ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
    // How often a second it looks whose wait is over: at the usual 10, an alarm rings up to 100 ms late.
    ...['--hz', '100'],
  ],
  async install(place) {
    const program = await debianProgram('redis-server');
    return { origin: 'Debian package', command: [program, ...redis.args(place)] };
  },
};

const toxiproxy: Engine = {
  name: 'Toxiproxy',
  setting: 'TOXIPROXY_URL',
  program: 'toxiproxy-server',
  // No image: in a container it could not listen where tests ask it to.
  port: 8474,
  oldest: '2.5',
  url: (port) => `http://127.0.0.1:${port}`,
  version: toxiproxyVersion,
  args: ({ host, port }) => ['-host', host, '-port', `${port}`],
  async install(place) {
    const module = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
    const flag = '-ldflags=-X=github.com/Shopify/toxiproxy/v2.Version=2.12.0';
    const program = await goProgram(module, 'server', flag);
    return { origin: `built from ${module}`, command: [program, ...toxiproxy.args(place)] };
  },
};

/** What the distributed platform needs. */
export const engines = [mongodb, nats, redis];
/** What cuts and slows the links between it and them. */
export const faultInjector = toxiproxy;
