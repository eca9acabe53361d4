/** All services as `npm run start:distributed` runs them; each process is known by its name. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createServices } from '@fairseat/marketplace/services';
import { endWithUs } from '@fairseat/test-support/end-with-us';

const root = join(import.meta.dirname, '../..');
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 40_000;
/** The time that a service may take to print its clock. */
const CLOCK_WITHIN_MS = 5000;
const IN_FLIGHT_MS = 300;

/** The services that keep state. live and the pages do not: browsers that lose them reload. */
export const serviceNames = createServices()
  .filter(({ publishes }) => publishes)
  .map(({ name }) => name);

interface Member {
  pid: number;
  ready: PromiseWithResolvers<void>;
  /** Resolves to the process that was started in its place. */
  replaced: PromiseWithResolvers<Member>;
  /** Receives the offset of its clock, in ms, when the process prints its time. */
  onClock(offMs: number): void;
}

export interface ServicesOptions {
  env: Record<string, string>;
  replicas: number;
  /** The file from which services read the offset of their clocks. */
  clockFile: string;
  /** The folder with a file for each service that must not start. */
  heldFolder: string;
  onLine: (line: string) => void;
}

export class Services {
  url = '';
  readonly #replicas: number;
  readonly #clockFile: string;
  readonly #heldFolder: string;
  readonly #launcher: ChildProcess;
  readonly #members = new Map<string, Member>();
  #stopped: Promise<unknown>;

  private constructor({ env, replicas, clockFile, heldFolder, onLine }: ServicesOptions) {
    this.#replicas = replicas;
    this.#clockFile = clockFile;
    this.#heldFolder = heldFolder;
    mkdirSync(heldFolder, { recursive: true });
    const loaded = ['clock.ts', 'hold.ts'].map(
      (file) => `--import=${pathToFileURL(join(import.meta.dirname, file))}`,
    );
    this.#launcher = spawn(
      process.execPath,
      [
        '--conditions=@fairseat/source',
        join(root, 'infra/distributed/main.ts'),
        `--replicas=${replicas}`,
        '--api-only',
      ],
      {
        cwd: root,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          ...env,
          PORT: '0',
          EVENTS_MAX_BYTES: String(2 ** 26),
          RATE_LIMITS: 'off',
          LOG_LEVEL: 'warn',
          NO_COLOR: '1',
          NODE_OPTIONS: loaded.join(' '),
          FAULTS_CLOCK_FILE: clockFile,
          FAULTS_HELD: heldFolder,
        },
      },
    );
    this.#stopped = once(this.#launcher, 'exit');
    // Its services end with it.
    endWithUs(this.#launcher.pid);
    const lines = createInterface({ input: this.#launcher.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      onLine(line);
      this.#hear(line);
    });
  }

  /** Resolves once all services are ready. */
  static async start(options: ServicesOptions): Promise<Services> {
    const services = new Services(options);
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    const isUp = Promise.withResolvers<void>();
    services.#launcher.once('exit', () => isUp.reject(new Error('the services did not start')));
    late.addEventListener('abort', () => isUp.reject(late.reason));
    services.#onUp = isUp.resolve;
    await isUp.promise.catch(async (error) => {
      await services.stop();
      throw error;
    });
    return services;
  }

  #onUp = () => {};

  #hear(line: string) {
    const [name = '', ...rest] = line.split(/\s+/);
    const words = rest.join(' ');
    const pid = /^process (\d+)$/.exec(words)?.[1];
    if (pid) {
      const [ready, replaced] = [Promise.withResolvers<void>(), Promise.withResolvers<Member>()];
      const member = { pid: Number(pid), ready, replaced, onClock: () => {} };
      this.#members.get(name)?.replaced.resolve(member);
      this.#members.set(name, member);
    }
    if (/^\w+ is ready$/.test(words)) this.#members.get(name)?.ready.resolve();
    const clock = /^clock at (\S+)$/.exec(words)?.[1];
    if (clock) this.#members.get(name)?.onClock(Date.parse(clock) - Date.now());
    const url = /^Fairseat is listening on (\S+)$/.exec(words)?.[1];
    if (!url) return;
    this.url = url;
    this.#onUp();
  }

  /** Kills one process; resolves once its replacement is ready. */
  async killed(service: string, replica = 1): Promise<void> {
    const { pid, replaced } = this.#member(this.#nameOf(service, replica));
    process.kill(pid, 'SIGKILL');
    const { ready } = await replaced.promise;
    await ready.promise;
  }

  /** Stops all processes of a service, as for an upgrade. The returned function starts them; it resolves once they are ready. */
  async stopped(service: string): Promise<() => Promise<void>> {
    const held = join(this.#heldFolder, service);
    writeFileSync(held, '');
    const replaced = await Promise.all(
      this.#names(service).map((name) => {
        const { pid, replaced } = this.#member(name);
        process.kill(pid, 'SIGTERM');
        return replaced.promise;
      }),
    );
    return async () => {
      rmSync(held);
      await Promise.all(replaced.map(({ ready }) => ready.promise));
    };
  }

  /** Does something while all processes of these services are paused, as if at one moment. */
  async atOneMoment<T>(services: string[], act: () => Promise<T>): Promise<T> {
    const signal = (kind: NodeJS.Signals) => {
      for (const name of services.flatMap((service) => this.#names(service)))
        process.kill(this.#member(name).pid, kind);
    };
    signal('SIGSTOP');
    try {
      // What their engines have received already is carried out.
      await pause(IN_FLIGHT_MS);
      return await act();
    } finally {
      signal('SIGCONT');
    }
  }

  signal(service: string, signal: NodeJS.Signals, replica = 1) {
    process.kill(this.#member(this.#nameOf(service, replica)).pid, signal);
  }

  /** Shifts the clocks of all processes of a service; resolves once each has confirmed it. */
  async setAhead(service: string, ms: number) {
    writeFileSync(this.#clockFile, String(ms));
    const replicas = Array.from({ length: this.#replicas }, (_, n) => n + 1);
    for (const offMs of await Promise.all(replicas.map((n) => this.#tellTime(service, n)))) {
      if (Math.abs(offMs - ms) > CLOCK_WITHIN_MS) throw new Error(`its clock is ${offMs} ms off`);
    }
  }

  async #tellTime(service: string, replica: number): Promise<number> {
    const told = Promise.withResolvers<number>();
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    late.addEventListener('abort', () =>
      told.reject(new Error(`${service} does not print its time`)),
    );
    this.#member(this.#nameOf(service, replica)).onClock = told.resolve;
    this.signal(service, 'SIGWINCH', replica);
    return told.promise;
  }

  async stop() {
    this.#launcher.kill('SIGTERM');
    const late = AbortSignal.timeout(STOP_WITHIN_MS);
    late.addEventListener('abort', () => this.#launcher.kill('SIGKILL'));
    await this.#stopped;
  }

  #names = (service: string) =>
    Array.from({ length: this.#replicas }, (_, n) => this.#nameOf(service, n + 1));

  #nameOf = (service: string, replica: number) =>
    this.#replicas === 1 ? service : `${service}-${replica}`;

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (!member) throw new Error(`no process is called ${name}`);
    return member;
  }
}
