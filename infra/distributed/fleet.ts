/** Runs the services and the pages as child processes, and starts one that dies again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Stream } from 'node:stream';
import { styleText } from 'node:util';
import { StartError } from '@fairseat/common/errors';
import { CLIENT } from '@fairseat/front';

const root = join(import.meta.dirname, '../..');
const leash = join(import.meta.dirname, 'leash.ts');
const NAME_WIDTH = 12;

/** The colours of the log, one for each service. */
const COLORS = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'gray', 'redBright'] as const;

/** Returns the settings of a service. */
type EnvOf = (service: string) => Record<string, string>;

interface Member {
  service: string;
  /** `orders`, or `orders-2` where there are several. */
  name: string;
  color: Color;
  child: ChildProcess;
  /** The address at which it listens, once it does. */
  url?: string | undefined;
  ready: boolean;
}

export class Fleet {
  readonly #members: Member[] = [];
  readonly #listening = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #failure = Promise.withResolvers<Error>();
  #envOf: EnvOf = () => ({});
  readonly #held: Stream;
  #stopping = false;
  #turn = 0;

  readonly listening = this.#listening.promise;
  readonly ready = this.#ready.promise;
  /** Resolves when a process ends before it was ready, which another start would not mend. */
  readonly failure = this.#failure.promise;

  /** `held` stays open while any of the processes lives. */
  constructor(held: Stream) {
    this.#held = held;
  }

  /** Starts `replicas` processes of each service. */
  start(services: string[], replicas: number, envOf: EnvOf) {
    this.#envOf = envOf;
    for (const [index, service] of services.entries()) {
      const color = COLORS[index % COLORS.length] as Color;
      for (let number = 1; number <= replicas; number++) {
        const name = replicas === 1 ? service : `${service}-${number}`;
        const child = this.#spawn(service);
        const member: Member = { service, name, color, child, ready: false };
        this.#members.push(member);
        this.#watch(member);
      }
    }
  }

  get isReady(): boolean {
    return this.#members.every(({ ready }) => ready);
  }

  /** The address of a process of this service: each in its turn, of those that are ready if any are. */
  urlOf(service: string): string | undefined {
    const here = this.#members.filter((member) => member.service === service && member.url);
    const ready = here.filter((member) => member.ready);
    const candidates = ready.length > 0 ? ready : here;
    return candidates[this.#turn++ % candidates.length]?.url;
  }

  /** Stops all, or one service alone. None is started again from then on. */
  async stop(only?: string): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#members.map(async ({ service, child }) => {
        if (only && only !== service) return;
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
      }),
    );
  }

  #spawn(service: string): ChildProcess {
    const main = join(root, service === CLIENT ? service : `services/${service}`, 'main.ts');
    return spawn(process.execPath, ['--conditions=@fairseat/source', `--import=${leash}`, main], {
      cwd: root,
      env: { ...process.env, ...this.#envOf(service) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', this.#held],
      // Ctrl-C in a terminal reaches a whole process group, but only the launcher should receive it.
      detached: true,
    });
  }

  #watch(member: Member) {
    const { child, service, name, color } = member;
    const say = (line: string) => log(name, color, line);
    say(`process ${child.pid}`);
    onLine(child.stderr, say);
    onLine(child.stdout, (line) => {
      say(line);
      member.url ??= / is listening on (\S+)/.exec(line)?.[1];
      if (line === `${service} is ready`) member.ready = true;
      if (this.#members.every(({ url }) => url)) this.#listening.resolve();
      if (this.isReady) this.#ready.resolve();
    });
    child.once('exit', (code, signal) => {
      const gaveUp = signal === null && !member.ready;
      Object.assign(member, { url: undefined, ready: false });
      if (this.#stopping) return;
      say(`ended by ${signal ?? `exit code ${code}`}${gaveUp ? '' : ', starting again'}`);
      if (gaveUp) {
        this.#failure.resolve(new StartError(`${name} has given up, see above`));
        return;
      }
      member.child = this.#spawn(service);
      this.#watch(member);
    });
  }
}

type Color = (typeof COLORS)[number] | 'white';

/** Prints a line of the common log. */
export function log(name: string, color: Color, line: string) {
  console.log(`${styleText(color, name.padEnd(NAME_WIDTH))} ${line}`);
}

function onLine(stream: NodeJS.ReadableStream | null, listener: (line: string) => void) {
  if (stream) createInterface({ input: stream }).on('line', listener);
}
