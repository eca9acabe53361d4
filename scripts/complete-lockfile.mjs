// npm leaves packages for other platforms out of the lockfile when its registry does not hold them, and `npm ci` then
// refuses that lockfile, everywhere. This script adds them, each with its integrity. Run it after `npm install` has
// changed the lockfile.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));

/** `@biomejs/cli-linux-arm64-musl` → linux, arm64, musl. */
function platformOf(name) {
  const words = name.replace('fsevents', 'darwin').split(/[-/]/);
  const among = (...known) => known.filter((word) => words.includes(word));
  return {
    os: among('android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'),
    cpu: among('arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'),
    libc: among('musl'),
  };
}

const added = {};
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const version = range.replace(/^[~^]/, '');
    const nested = `${path}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    const isHere = version !== range || lock.packages[hoisted]?.version === version;
    if (lock.packages[nested] || (lock.packages[hoisted] && isHere)) continue;
    const place = lock.packages[hoisted] ? nested : hoisted;
    const platform = Object.entries(platformOf(name)).filter(([, words]) => words.length > 0);
    if (platform.length === 0) throw new Error(`Which platform is ${name} for?`);
    added[place] = {
      version,
      ...(dev && { dev }),
      optional: true,
      ...Object.fromEntries(platform),
    };
  }
}

const [root, ...others] = Object.entries({ ...lock.packages, ...added });
others.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...others]);

/** Packages of this repository have none: they are links, or folders without `node_modules` in their path. */
const unproven = [...Object.entries(lock.packages)].filter(
  ([path, { link, integrity }]) => path.includes('node_modules/') && !link && !integrity,
);
for (const [path, entry] of unproven) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const { stdout } = await run('npm', ['view', `${name}@${entry.version}`, 'dist.integrity']);
  if (!stdout.startsWith('sha512-')) throw new Error(`The registry has no integrity of ${name}`);
  entry.integrity = stdout.trim();
}

writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(
  `added ${Object.keys(added).length} packages of other platforms, and ${unproven.length} integrities`,
);
