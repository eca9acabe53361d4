/** Gets what this machine lacks: from Debian's packages and the Go module proxy. What was built is kept in the user's cache. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { alone, findProgram, outputOf } from './process.ts';

export const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fairseat');

const FERRETDB = 'github.com/FerretDB/FerretDB/v2';
const FERRETDB_VERSION = 'v2.7.0';

/** Tells of an installation that takes long. */
export async function telling<T>(
  name: string,
  say: (line: string) => void,
  install: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const beginning = setTimeout(() => say(`installing ${name}: minutes, once …`), 1000);
  try {
    return await install();
  } finally {
    clearTimeout(beginning);
    const seconds = Math.round((performance.now() - begun) / 1000);
    if (seconds > 0) say(`installing ${name} took ${seconds} s`);
  }
}

/** Builds the program of a Go module at a version, once. `module` is `path@version`. */
export async function goProgram(module: string, program: string, ...flags: string[]) {
  const folder = await kept(join(cache, module.replaceAll('/', '-')), (GOBIN) =>
    go(['install', ...flags, module], { env: { GOBIN } }),
  );
  return join(folder, program);
}

/** A program of a Debian package. */
export async function debianProgram(name: string): Promise<string> {
  await installPackage(name);
  return (await findProgram(name)) ?? name;
}

/** The stand-in for MongoDB, which no package holds: the folder that it runs in, and what is run there. */
export async function mongodbStandIn() {
  const [debian, patch, script] = ['debian.sh', 'ferretdb.patch', 'run.sh'].map((name) =>
    join(import.meta.dirname, 'mongodb', name),
  ) as [string, string, string];
  const [root, ferretdb] = await Promise.all([
    kept(join(cache, `debian-${await digest(debian)}`), async (folder) => {
      await installPackage('debootstrap');
      await outputOf(debian, [folder, await debianMirror()], { env: await packageProxy() });
    }),
    kept(join(cache, `ferretdb-${FERRETDB_VERSION}-${await digest(patch)}`), (program) =>
      buildFerretdb(patch, program),
    ),
  ]);
  const inside = async (file: string) => {
    const path = join('/usr/local/bin', `${basename(file)}-${await digest(file)}`);
    await kept(join(root, path), (copy) => cp(file, copy));
    return path;
  };
  return { root, run: [await inside(script), await inside(ferretdb)] };
}

async function buildFerretdb(patch: string, program: string) {
  const { Dir: original } = JSON.parse(
    await go(['mod', 'download', '-json', `${FERRETDB}@${FERRETDB_VERSION}`]),
  );
  const cwd = await mkdtemp(join(tmpdir(), 'ferretdb-'));
  const source = { cwd, env: { CGO_ENABLED: '0', GIT_CEILING_DIRECTORIES: tmpdir() } };
  try {
    await cp(original, cwd, { recursive: true });
    await outputOf('chmod', ['-R', 'u+w', '.'], source);
    await outputOf('git', ['apply', patch], source);
    await go(['build', '-o', program, './cmd/ferretdb'], source);
  } finally {
    await rm(cwd, { recursive: true });
  }
}

export async function go(args: string[], options: Parameters<typeof outputOf>[2] = {}) {
  const program = await findProgram('go', '/usr/local/go/bin/go');
  if (!program) throw new Error('Go 1.25 or newer is needed to build it: install Go');
  const env = { GOFLAGS: '-buildvcs=false', ...options.env };
  return outputOf(program, args, { ...options, env });
}

/** What is there already, or what `make` has made to the end. */
export async function kept(
  path: string,
  make: (path: string) => Promise<unknown>,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  if (!existsSync(path)) {
    await make(`${path}.new`);
    await rename(`${path}.new`, path);
  }
  return path;
}

const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 8);

/** One after the other, as apt wants it. */
export async function installPackage(
  name: string,
  isThere: () => Promise<unknown> = () => findProgram(name),
): Promise<void> {
  await mkdir(cache, { recursive: true });
  await alone(join(cache, 'apt.lock'), async () => {
    if (await isThere()) return;
    if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
      throw new Error(`${name} can be installed by root on Debian only`);
    }
    await withoutServices(async () => {
      await outputOf('apt-get', ['update', '--quiet']);
      await outputOf('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', name], {
        env: { DEBIAN_FRONTEND: 'noninteractive' },
      });
    });
  });
}

/** Debian starts a server as soon as it is installed, unless this file says no. */
async function withoutServices(work: () => Promise<void>) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  await writeFile(policy, '#!/bin/sh\nexit 101\n');
  await chmod(policy, 0o755);
  try {
    await work();
  } finally {
    await rm(policy);
  }
}

/** Where this machine gets its own packages from. */
async function debianMirror(): Promise<string> {
  const format = ['indextargets', '--format', '$(REPO_URI)'];
  const addresses = (await outputOf('apt-get', format)).split('\n');
  const mirror = addresses.find((address) => /\/debian\/?$/.test(address));
  if (!mirror) throw new Error('apt knows no mirror of Debian');
  return mirror;
}

/** debootstrap does not read apt's settings. */
async function packageProxy(): Promise<Record<string, string>> {
  const setting = await outputOf('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy']);
  const address = /PROXY='(.*)'/.exec(setting)?.[1];
  return address ? { http_proxy: address } : {};
}
