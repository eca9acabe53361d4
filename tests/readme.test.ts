import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startProcess, temporaryFolder } from './process.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

describe('the README', () => {
  it('shows a first purchase that works when pasted', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path });
    const purchase = /```sh\n(API=[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const pasted = purchase.replace('http://127.0.0.1:3000', fairseat.url ?? '');
    const { stdout } = await promisify(execFile)('sh', ['-c', pasted]);
    expect(stdout.match(/"status":"(reserved|completed|sold)"/g)).toEqual([
      '"status":"reserved"',
      '"status":"completed"',
      '"status":"completed"',
      '"status":"sold"',
    ]);
    await fairseat.end('SIGTERM');
  });

  it('lists every setting with its default', () => {
    const config = readFileSync(
      join(import.meta.dirname, '../packages/common/src/kit/config.ts'),
      'utf8',
    );
    const settings = [...config.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name]) => name);
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(settings);
  });
});
