/** The marketplace as people run it: a process of its own, on a port of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { keptCookies } from './cookies.ts';

/** NATS sets aside what each stream may keep, and tests make many. */
const SMALL = { EVENTS_MAX_BYTES: String(2 ** 26) };

const root = join(import.meta.dirname, '../../..');

export interface Process {
  /** The address at which it listens; undefined when it ended instead. */
  url: string | undefined;
  pid: number;
  output(): { stdout: string; stderr: string };
  /** Sends a signal. Resolves with the exit code, or the name of the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  exited: Promise<number | string>;
}

interface StartOptions {
  /** A shell command to run before it, such as `ulimit -f 2;`. */
  limits?: string;
  flags?: string[];
  /** The folder of the sources: a release's, for one. */
  from?: string;
  /** A module that is loaded before the program. */
  preload?: string;
  /** What the program prints once it is up, with its address as the first group. */
  upAt?: RegExp;
  /** Ends the program, even while it starts. */
  signal?: AbortSignal;
}

const LISTENING = /(?:Fairseat|^\w+) is listening on (http:\S+)/;
/** Of a service by itself, which listens before its engines are there. */
export const READY = /is listening on (http:\S+)[\s\S]*^\w+ is ready$/m;

/** Starts `npm start` and waits until it listens or has ended. */
export function startProcess(
  env: Record<string, string>,
  // The pages take a while to build and to start, and few tests are about them.
  { flags = ['--api-only'], ...options }: StartOptions = {},
): Promise<Process> {
  return startProgram('services/marketplace/main.ts', env, { ...options, flags });
}

/** The same for another program. */
export async function startProgram(
  main: string,
  env: Record<string, string>,
  options: StartOptions = {},
): Promise<Process> {
  const { limits = '', flags = [], from = root, preload, upAt = LISTENING, signal } = options;
  signal?.throwIfAborted();
  const command = `${limits} exec "$0" "$@"`;
  const imports = preload === undefined ? [] : [`--import=${preload}`];
  const args = ['--conditions=@fairseat/source', ...imports, main, ...flags];
  const child = spawn('sh', ['-c', command, process.execPath, ...args], {
    cwd: from,
    env: { ...process.env, PORT: '0', RATE_LIMITS: 'off', ...SMALL, ...env },
  });
  let [stdout, stderr] = ['', ''];
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  signal?.addEventListener('abort', () => child.kill('SIGTERM'));
  const listening = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      const url = upAt.exec(stdout)?.[1];
      if (url) resolve(url);
    });
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const url = await Promise.race([listening, exited.then(() => undefined)]);
  return {
    url,
    pid: Number(child.pid),
    output: () => ({ stdout, stderr }),
    exited,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Runs a program that ends by itself; `onLine` is called for each line of its output, and may kill it. */
export async function runProgram(
  main: string,
  env: Record<string, string>,
  flags: string[],
  onLine: (kill: () => void) => void = () => {},
) {
  const child = spawn(process.execPath, ['--conditions=@fairseat/source', main, ...flags], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  const [lines, errors]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine(() => child.kill('SIGKILL'));
  });
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const [code, signal] = await once(child, 'close');
  return { code: (code ?? signal) as number | string, lines, errors };
}

/** A data folder for one test. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fairseat-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A client over the network. `send` returns undefined when the answer is lost. */
export class Caller {
  url: string;
  cookie = '';

  readonly #onCut: (sentAt: number) => void;

  /** `onCut` receives when each request was sent whose connection was refused or cut, so that no answer came. */
  constructor(url: string, onCut: (sentAt: number) => void = () => {}) {
    this.url = url;
    this.#onCut = onCut;
  }

  async send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    timeoutMs = 300_000,
  ): Promise<{ status: number; body: T } | undefined> {
    const sentAt = Date.now();
    try {
      const response = await fetch(this.url + path, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          cookie: this.cookie,
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const set = response.headers.getSetCookie();
      if (set.length > 0) this.cookie = keptCookies(this.cookie, set);
      return { status: response.status, body: text ? JSON.parse(text) : undefined };
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') this.#onCut(sentAt);
      return undefined;
    }
  }

  async signUp(email: string): Promise<this> {
    const reply = await this.send('POST', '/api/users/signup', {
      email,
      password: 'correct horse',
    });
    if (reply?.status !== 201) throw new Error(`sign-up answered ${JSON.stringify(reply)}`);
    return this;
  }
}
