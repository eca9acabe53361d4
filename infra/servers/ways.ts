/** Where a server can come from, in the order in which they are tried. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { type Engine, isNewEnough } from './engines.ts';
import { telling } from './install.ts';
import { findProgram, outputOf } from './process.ts';

/** How a server is run. */
export interface Plan {
  origin: string;
  command: string[];
  /** Deletes its data once it has ended. */
  wipe: string[];
  /** Ends what may outlive the process. */
  cleanUp?: string[];
}

interface Wish {
  port: number;
  /** A folder for its data. */
  data: string;
  say: (line: string) => void;
}

/** @throws when it does not come from there, with the reason. */
type Way = (engine: Engine, wish: Wish) => Promise<Plan>;

const PULL_WITHIN_MS = 600_000;
const here = import.meta.dirname;

const onPath: Way = async (engine, { port, data }) => {
  const program = await findProgram(engine.program);
  if (!program) throw new Error(`${engine.program} is not on PATH`);
  const words = await outputOf(program, ['--version']);
  const version = /\d+\.\d+(\.\d+)?/.exec(words)?.[0] ?? '0';
  if (!isNewEnough(version, engine)) {
    throw new Error(`${program} is ${version}, and ${engine.oldest} or newer is needed`);
  }
  await mkdir(data, { recursive: true });
  return {
    origin: program,
    command: [program, ...engine.args({ host: '127.0.0.1', port, data, here })],
    wipe: ['rm', '-rf', data],
  };
};

const fromImage: Way = async (engine, { port, data, say }) => {
  const { image } = engine;
  if (!image) throw new Error('there is no image of it');
  const container = await containerProgram();
  await outputOf(container, ['image', 'inspect', image.name]).catch(async () => {
    say(`pulling ${image.name} …`);
    await outputOf(container, ['pull', image.name], { timeoutMs: PULL_WITHIN_MS });
  });
  const name = `fairseat-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
  const remove = [container, 'rm', '--force', name];
  await outputOf(container, remove.slice(1)).catch(() => {});
  return {
    origin: `image ${image.name}`,
    command: [
      ...[container, 'run', '--rm', '--name', name],
      ...['--publish', `127.0.0.1:${port}:${engine.port}`],
      ...['--volume', `${name}:/data`, '--volume', `${here}:/here:ro`, image.name, engine.program],
      ...engine.args({ host: '0.0.0.0', port: engine.port, data: image.data, here: '/here' }),
    ],
    wipe: [container, 'volume', 'rm', '--force', name],
    cleanUp: remove,
  };
};

const installed: Way = async (engine, { port, data, say }) => {
  const place = { host: '127.0.0.1', port, data, here };
  await mkdir(data, { recursive: true });
  const plan = await telling(engine.name, say, () => engine.install(place));
  const { command, origin, data: elsewhere = data } = plan;
  return { origin, command, wipe: ['rm', '-rf', elsewhere] };
};

/** Docker or podman, whichever works. */
async function containerProgram(): Promise<string> {
  for (const name of ['docker', 'podman']) {
    const works = outputOf(name, ['info'], { timeoutMs: 10_000 });
    if (
      await works.then(
        () => true,
        () => false,
      )
    )
      return name;
  }
  throw new Error('neither Docker nor podman runs');
}

const ways: Way[] = [onPath, fromImage, installed];

/**
 * Goes on with the first plan that works.
 * @throws what to do, and why each way failed.
 */
export async function bySomeWay<T>(
  engine: Engine,
  options: Parameters<Way>[1],
  goOn: (plan: Plan) => Promise<T>,
): Promise<T> {
  const refusals: string[] = [];
  for (const way of ways) {
    try {
      return await goOn(await way(engine, options));
    } catch (error) {
      refusals.push(`  ${(error as Error).message}`);
    }
  }
  const { name, setting, program } = engine;
  throw new Error(
    `There is no ${name}. Set ${setting}, put ${program} on PATH, or start Docker or podman. What was tried:\n${refusals.join('\n')}`,
  );
}
