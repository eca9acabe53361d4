/** The versions that are upgraded: the last release, the working tree, and a next version made out of it. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cache, kept } from '../../infra/servers/install.ts';
import { alone, outputOf } from '../../infra/servers/process.ts';
import releases from '../../releases.json' with { type: 'json' };

export interface Version {
  name: string;
  /** The folder of its sources. */
  from: string;
  /** A module that each of its processes loads first. */
  preload?: string;
}

const root = join(import.meta.dirname, '../..');

const tree: Version = { name: 'the working tree', from: root };

export const next: Version = {
  name: 'a next version',
  from: root,
  preload: pathToFileURL(join(import.meta.dirname, 'next.ts')).href,
};

/** With the dependencies that it was released with. It stays in the cache of this user. */
export async function lastRelease(): Promise<Version> {
  const [name, commit] = Object.entries(releases).at(-1) as [string, string];
  await mkdir(cache, { recursive: true });
  const folder = join(cache, `release-${name}-${commit.slice(0, 8)}`);
  const from = await alone(join(cache, 'release.lock'), () =>
    kept(folder, (path) => checkOut(name, commit, path)),
  );
  return { name: `release ${name}`, from };
}

async function checkOut(name: string, commit: string, folder: string) {
  const git = (...args: string[]) => outputOf('git', args, { cwd: root });
  await git('cat-file', '-e', `${commit}^{commit}`).catch((cause) => {
    const line = `Release ${name} is commit ${commit}, which this clone lacks. Get it: git fetch origin ${commit}`;
    throw new Error(line, { cause });
  });
  const archive = `${folder}.tar`;
  await git('archive', `--output=${archive}`, commit);
  await mkdir(folder, { recursive: true });
  await outputOf('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await outputOf('npm', ['ci', '--omit=dev', ...quiet], { cwd: folder });
}

/** From which to which. */
export const upgrades: [string, () => Promise<[Version, Version]>][] = [
  ['the last release and the working tree', async () => [await lastRelease(), tree]],
  ['the working tree and a next version', async () => [tree, next]],
];
