import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openTestGateway } from '@fairseat/gateways/test';
import { openEmbedded } from '@fairseat/platform/embedded';
import { temporaryFolder } from '@fairseat/test-support/process';
import { keptContract, readKept } from './kept-contract.ts';

/** The rows of each of the marketplace's own tables, and of those that 0.1.0 finds in the place of its own. */
function rowsIn(path: string) {
  using db = new DatabaseSync(path);
  const tables = db
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'`,
    )
    .all() as { name: string }[];
  return Object.fromEntries(
    tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all()]),
  );
}

keptContract('a data folder', async (release) => {
  const { path: dataDir, ...folder } = temporaryFolder();
  const path = join(dataDir, 'fairseat.sqlite');
  copyFileSync(join(import.meta.dirname, release, 'fairseat.sqlite'), path);
  return {
    kept: readKept(release, 'answers.json'),
    open: (clock) => openEmbedded({ dataDir, openGateway: openTestGateway, clock }),
    saved: async () => rowsIn(path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});
