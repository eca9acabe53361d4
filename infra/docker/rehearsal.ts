/** Follows the Dockerfile without Docker: a stage is a folder, and the base image is this machine. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, matchesGlob, relative, resolve } from 'node:path';
import { readStages, type Stage } from './dockerfile.ts';

const WORKDIR = '/fairseat';
const root = resolve(import.meta.dirname, '../..');
const stages = new Map(readStages().map((stage) => [stage.name, stage]));

/** Of `.dockerignore`, the last pattern that fits a path decides. */
const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => ({ pattern: line.replace(/^!/, ''), ignored: !line.startsWith('!') }));

const isIgnored = (path: string) =>
  rules.findLast(({ pattern }) => matchesGlob(path, pattern))?.ignored ?? false;

/** What a stage has become: its files, and the variables that its processes have. */
interface Made {
  folder: string;
  env: Record<string, string>;
}

export class Rehearsal {
  readonly #folder: string;
  readonly #made = new Map<string, Made>();

  /** Keeps everything in this folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes a stage and what it needs, once. @throws what its commands said when one failed. */
  make(name: string): Made {
    const before = this.#made.get(name);
    if (before) return before;
    const { from, steps } = stages.get(name) as Stage;
    const base = stages.has(from) ? this.make(from) : undefined;
    const made: Made = { folder: join(this.#folder, name), env: { ...base?.env } };
    mkdirSync(made.folder);
    if (base) execFileSync('cp', ['--archive', `${base.folder}/.`, made.folder]);
    for (const { instruction, text } of steps) this.#follow(instruction, text, made);
    this.#made.set(name, made);
    return made;
  }

  #follow(instruction: string, text: string, { folder, env }: Made) {
    if (instruction === 'COPY') this.#copy(text, folder);
    if (instruction === 'ENV') {
      for (const [, key = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g)) env[key] = value;
    }
    if (instruction === 'RUN') {
      const options = { cwd: folder, env: { ...process.env, PATH: pathWithNode(), ...env } };
      execFileSync('sh', ['-euc', text], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    }
  }

  #copy(text: string, folder: string) {
    const [, stage, files = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
    const sources = files.split(' ');
    const target = sources.pop() ?? '';
    for (const source of sources) {
      const from = stage
        ? join(this.make(stage).folder, relative(WORKDIR, source))
        : join(root, source);
      const isInto = target.endsWith('/') && statSync(from).isFile();
      const to = join(folder, target, isInto ? basename(from) : '');
      mkdirSync(dirname(to), { recursive: true });
      const filter = (path: string) => stage !== undefined || !isIgnored(relative(root, path));
      cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter });
    }
  }
}

/** The `node` of this process, as the base image has its own. */
const pathWithNode = () => `${dirname(process.execPath)}:${process.env['PATH']}`;
