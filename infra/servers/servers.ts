/** Finds or starts the servers that the distributed platform needs, and ends what was started. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Engine, engines, faultInjector, isNewEnough } from './engines.ts';
import { cache } from './install.ts';
import {
  alone,
  type Detached,
  detached,
  freePort,
  isAlive,
  type Leashed,
  launch,
  leash,
  run,
  stop,
} from './process.ts';
import { bySomeWay, type Plan } from './ways.ts';

export { detached, freePort, leash };

export interface Server {
  name: string;
  /** The setting that says where it is. */
  setting: Engine['setting'];
  url: string;
  version: string;
  /** Where it comes from, in words. */
  origin: string;
  /** Only of those that were started here. */
  started?: Started;
  /** Whether that was just now. */
  isNew?: boolean;
}

type Started = Plan & Detached & { log: string };

export interface StartOptions {
  /** Also what cuts and slows links, for tests. */
  toxiproxy?: boolean;
  /** Told about what takes long or fails. */
  say?: (line: string) => void;
  /** Told about each process that is started, at once. */
  hold?: (leashed: Leashed) => void;
}

interface StopOptions {
  wipe?: boolean;
  only?: Engine['setting'][];
}

const READY_WITHIN_MS = 60_000;

const folder = resolve(import.meta.dirname, '../../data/servers');
const stateFile = join(folder, 'servers.json');

/** Each server: the one that its setting names, else the one that runs already, else a new one. */
export async function startServers(options: StartOptions = {}): Promise<Server[]> {
  return withState(async (known) => {
    const wanted = options.toxiproxy ? [...engines, faultInjector] : engines;
    const outcomes = await Promise.allSettled(
      wanted.map(async (engine) => {
        const server = await find(engine, known.get(engine.setting), options);
        if (server.started) known.set(engine.setting, server);
        return server;
      }),
    );
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failures.length > 0)
      throw new Error(failures.map(({ reason }) => reason.message).join('\n'));
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  });
}

/** Ends what `startServers` has started, or just these. Their data stays, unless it is to be wiped. */
export async function stopServers({ wipe = false, only }: StopOptions = {}): Promise<Server[]> {
  return withState(async (known) => {
    const stopped = [...known.values()].filter(({ setting }) => only?.includes(setting) ?? true);
    await Promise.all(
      stopped.map(async ({ setting, started }) => {
        if (started) await stop(started);
        if (started && wipe) await run(started.wipe);
        known.delete(setting);
      }),
    );
    return stopped;
  });
}

async function find(
  engine: Engine,
  known: Server | undefined,
  options: StartOptions,
): Promise<Server> {
  const { name, setting, oldest } = engine;
  const given = process.env[setting];
  if (given) {
    const version = await engine.version(given).catch((error) => {
      throw new Error(`${setting} names a ${name} that does not answer: ${error.message}`, {
        cause: error,
      });
    });
    if (isNewEnough(version, engine))
      return { name, setting, url: given, version, origin: 'given' };
    throw new Error(`${setting} names ${name} ${version}: ${oldest} or newer is needed`);
  }
  if (known?.started) {
    const answer = isAlive(known.started) ? engine.version(known.url) : undefined;
    const version = await answer?.catch(() => undefined);
    if (version) return { ...known, version, isNew: false };
    await stop(known.started);
  }
  return start(engine, known, options);
}

async function start(engine: Engine, known: Server | undefined, options: StartOptions) {
  const { say = () => {}, hold = () => {} } = options;
  const { name, setting, program } = engine;
  const port = await freePort(known ? Number(new URL(known.url).port) : engine.port);
  const url = engine.url(port);
  const data = join(folder, program);
  const log = join(folder, `${program}.log`);
  return bySomeWay(engine, { port, data, say }, async (plan) => {
    const started = { ...plan, ...(await launch(plan.command, log)), log };
    hold(started);
    const version = await whenReady(engine, url, started);
    return { name, setting, url, version, origin: plan.origin, started, isNew: true };
  });
}

/** Waits until it answers. */
async function whenReady(engine: Engine, url: string, started: Started): Promise<string> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      return await engine.version(url);
    } catch (error) {
      const ended = !isAlive(started);
      if (!ended && Date.now() < deadline) {
        await pause(100);
        continue;
      }
      await stop(started);
      const log = (await readFile(started.log, 'utf8')).trim().split('\n').slice(-5).join('\n    ');
      const what = ended ? 'ended at once' : `does not answer: ${(error as Error).message}`;
      throw new Error(`${started.origin} ${what}:\n    ${log}`, { cause: error });
    }
  }
}

/** What was started is written down, so that the next run knows of it. One run at a time. */
async function withState<T>(work: (known: Map<string, Server>) => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  await mkdir(folder, { recursive: true });
  return alone(join(cache, 'servers.lock'), async () => {
    const known = new Map<string, Server>(Object.entries(await readState()));
    try {
      return await work(known);
    } finally {
      await writeFile(`${stateFile}.new`, JSON.stringify(Object.fromEntries(known), null, 2));
      await rename(`${stateFile}.new`, stateFile);
    }
  });
}

async function readState(): Promise<Record<string, Server>> {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8'));
  } catch {
    return {};
  }
}

/** The program of one of them on this machine, installed if need be: for tests that start it in a way of their own. */
export async function programOf(setting: Engine['setting']): Promise<string> {
  const engine = engines.find((each) => each.setting === setting);
  const place = { host: '127.0.0.1', port: 0, data: folder, here: import.meta.dirname };
  const [program = ''] = (await engine?.install(place))?.command ?? [];
  return program;
}
