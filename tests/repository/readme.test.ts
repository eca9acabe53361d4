import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bought, firstPurchase } from '@fairseat/test-support/first-purchase';
import { startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

describe('the README', () => {
  it('shows a first purchase that works when pasted', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path });
    expect(await firstPurchase(fairseat.url ?? '')).toEqual(bought);
    await fairseat.end('SIGTERM');
  });

  it('lists every setting with its default', () => {
    const config = readFileSync(
      join(import.meta.dirname, '../../packages/common/src/kit/process/config.ts'),
      'utf8',
    );
    const settings = [...config.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name]) => name);
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(settings);
  });
});
