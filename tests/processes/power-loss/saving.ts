/** Saves records one after the other, and keeps what a loss of power would leave after each. */
import { cpSync } from 'node:fs';
import { openEmbedded } from '@fairseat/platform/embedded';
import { openFolder } from '../../../packages/platform/src/embedded/file.ts';

const [dataDir = '', left = '', kept = '', synchronous] = process.argv.slice(2);
const open = (path: string) => {
  const file = openFolder(path);
  if (synchronous) file.db.exec(`PRAGMA synchronous = ${synchronous}`);
  return file;
};
const table = openEmbedded({ dataDir, open }).table('auth', { name: 'counters' });
for (const n of [1, 2, 3, 4, 5]) {
  const createdAt = new Date(n).toISOString();
  await table.insert({ id: n.toString(16).padStart(32, '0'), version: 1, createdAt });
  cpSync(left, `${kept}/${n}`, { recursive: true });
}
process.kill(process.pid, 'SIGKILL');
