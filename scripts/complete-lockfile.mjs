// npm leaves packages for other platforms out of the lockfile when its registry does not hold them, and `npm ci` then
// refuses that lockfile, everywhere. This script adds them. Run it after `npm install` has changed the lockfile.
import { readFileSync, writeFileSync } from 'node:fs';

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
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${Object.keys(added).length} packages of other platforms`);
