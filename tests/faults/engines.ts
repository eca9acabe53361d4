/** Servers that only this run uses, so that it can kill and restart them, delete their data and fill their disks. */
import { once } from 'node:events';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endWithUs } from '@fairseat/test-support/end-with-us';
import { type Engine, engines, faultInjector } from '../../infra/servers/engines.ts';
import { type Detached, freePort, isAlive, launch, run } from '../../infra/servers/process.ts';
import { bySomeWay, type Plan } from '../../infra/servers/ways.ts';

export type EngineName = 'database' | 'NATS' | 'Redis';
type Setting = Engine['setting'];

const READY_WITHIN_MS = 60_000;
/** Enough for one run of the matrix. */
const DISK = '1g';
const BLOCK = Buffer.alloc(2 ** 20);

class OwnServer {
  readonly url: string;
  readonly version: () => Promise<string>;
  readonly #plan: Plan;
  readonly #log: string;
  #process: Detached | undefined;
  /** The folder of its data, if that is a small disk of its own. */
  #disk: string | undefined;

  private constructor(engine: Engine, port: number, plan: Plan, log: string) {
    this.url = engine.url(port);
    this.version = () => engine.version(this.url);
    this.#plan = plan;
    this.#log = log;
  }

  static async start(engine: Engine, folder: string): Promise<OwnServer> {
    const port = await freePort(0);
    const data = join(folder, engine.program);
    return bySomeWay(engine, { port, data, say: () => {} }, async (plan) => {
      const server = new OwnServer(engine, port, plan, `${data}.log`);
      await server.#takeDisk();
      await server.start();
      return server;
    });
  }

  /** Resolves once the server answers. */
  async start() {
    await this.#launch();
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        await this.version();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        if (!this.#process || !isAlive(this.#process)) await this.#launch();
        await pause(50);
      }
    }
  }

  async #launch() {
    this.#process = await launch(this.#plan.command, this.#log);
    endWithUs(this.#process.pid, this.#cleanUp);
  }

  /** Kills the server and everything that it has started. */
  async kill() {
    const killed = this.#process;
    if (!killed) return;
    this.#process = undefined;
    if (isAlive(killed)) process.kill(-killed.pid, 'SIGKILL');
    if (this.#plan.cleanUp) await run(this.#plan.cleanUp).catch(() => {});
    while (isAlive(killed)) await pause(10);
  }

  /** Empties a Redis. */
  async flush() {
    const { port, hostname } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    socket.end('FLUSHALL\r\n');
    const [answer] = await once(socket, 'data');
    if (!String(answer).startsWith('+OK')) throw new Error(`FLUSHALL was answered ${answer}`);
  }

  /** Deletes the data of a server that does not run. */
  async wipe() {
    if (this.#disk) await run(['sh', '-c', 'rm -rf "$0"/*', this.#disk]);
    else await run(this.#plan.wipe);
    const folder = this.#plan.wipe.at(-1);
    if (this.#plan.wipe[0] === 'rm' && folder) await mkdir(folder, { recursive: true });
  }

  /** Its data, where they are a folder of this machine. */
  get folder(): string | undefined {
    const [program, , folder] = this.#plan.wipe;
    return this.#disk ?? (program === 'rm' ? folder : undefined);
  }

  /** Stops it, copies its folder and starts it. The returned function puts the copy back in the same way. */
  async backUp(): Promise<() => Promise<void>> {
    const copy = `${this.#log}.backup`;
    await this.kill();
    await run(['cp', '-a', `${this.folder}/.`, copy]);
    await this.start();
    return async () => {
      await this.kill();
      await this.wipe();
      await run(['cp', '-a', `${copy}/.`, this.folder ?? '']);
      await rm(copy, { recursive: true });
      await this.start();
    };
  }

  get hasDisk() {
    return this.#disk !== undefined;
  }

  /** Leaves no room on its disk. */
  async fillDisk() {
    const file = await open(this.#ballast, 'w');
    try {
      for (;;) await file.write(BLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await file.close();
    }
    const { bavail } = await statfs(this.#disk ?? '');
    if (bavail > 16) throw new Error(`${bavail} blocks are still free`);
  }

  freeDisk = () => rm(this.#ballast, { force: true });

  async remove() {
    await this.kill();
    if (this.#disk) await run(['umount', '--lazy', this.#disk]);
    await run(this.#plan.wipe);
  }

  /** All of it, and the folder of the run, should that be killed. */
  get #cleanUp() {
    const { cleanUp, wipe } = this.#plan;
    const unmount = this.#disk && ['umount', '--lazy', this.#disk];
    const commands = [cleanUp, unmount, wipe, ['rm', '-rf', dirname(this.#log)]];
    const lines = commands.flatMap((command) => (command ? [command.map(quoted).join(' ')] : []));
    return ['sh', '-c', lines.join('\n')];
  }

  get #ballast() {
    return join(this.#disk ?? '', 'ballast');
  }

  /** Mounts a disk that can be filled without harm to others: for root on Linux, and not for a container's volume. */
  async #takeDisk() {
    const [program, , folder] = this.#plan.wipe;
    if (program !== 'rm' || !folder || process.getuid?.() !== 0) return;
    await mkdir(folder, { recursive: true });
    const options = ['-o', `size=${DISK},mode=1777`];
    const mounted = await run(['mount', '-t', 'tmpfs', ...options, 'fairseat', folder]).then(
      () => true,
      () => false,
    );
    if (mounted) this.#disk = folder;
  }
}

/** As one word of a shell. */
const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

export interface OwnServers extends Record<EngineName, OwnServer> {
  toxiproxy: OwnServer | undefined;
}

/** With `links` there is a Toxiproxy, through which connections can be cut and slowed. */
export async function startOwnServers(folder: string, links: boolean): Promise<OwnServers> {
  const started: OwnServer[] = [];
  const start = async (setting: Setting) => {
    const engine = [...engines, faultInjector].find((each) => each.setting === setting);
    const server = await OwnServer.start(engine as Engine, folder);
    started.push(server);
    return server;
  };
  try {
    return {
      database: await start('MONGODB_URL'),
      NATS: await start('NATS_URL'),
      Redis: await start('REDIS_URL'),
      toxiproxy: links ? await start('TOXIPROXY_URL') : undefined,
    };
  } catch (error) {
    for (const server of started) await server.remove();
    throw error;
  }
}
