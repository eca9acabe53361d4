// Writes what `npm ci` reads to a folder, without what only development needs: with it npm installs the development
// dependencies of a linked workspace, and all that these link to, whatever it was told to leave out.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [, , folder = ''] = process.argv;
const manifests = [
  'package.json',
  ...globSync('{client,{packages,services,infra}/*}/package.json'),
];

/** Next.js builds no pages without them. */
const forPages = /^(typescript|@types\/.*)$/;

for (const path of manifests) {
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const { devDependencies, peerDependencies, peerDependenciesMeta, ...kept } = manifest;
  const types = Object.entries(devDependencies ?? {}).filter(([name]) => forPages.test(name));
  write(path, JSON.stringify({ ...kept, devDependencies: Object.fromEntries(types) }));
}
for (const path of ['package-lock.json', '.npmrc']) write(path, readFileSync(path));

function write(path, content) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
