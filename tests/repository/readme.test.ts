import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSettings } from '@fairseat/common/kit';
import { bought, firstPurchase } from '@fairseat/test-support/first-purchase';
import { startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const path = join(import.meta.dirname, '../../README.md');
const readme = readFileSync(path, 'utf8');

describe('the README', () => {
  it('shows a first purchase that works when pasted', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path });
    expect(await firstPurchase(fairseat.url ?? '')).toEqual(bought);
    await fairseat.end('SIGTERM');
  });

  it('lists every setting as its schema describes it', async () => {
    const [before, after] = readme.split(
      /(?<=<!-- .* -u writes the settings -->\n).*(?=<!-- end)/s,
    );
    await expect(`${before}\n${settingsTables()}\n${after}`).toMatchFileSnapshot(path);
  });
});

const settingsTables = () =>
  describeSettings()
    .map(({ title, settings }) => {
      const rows = settings.map(
        ({ name, byDefault, meaning }) => `| \`${name}\` | ${byDefault} | ${meaning} |\n`,
      );
      return `${title}:\n\n| setting | default | meaning |\n|---|---|---|\n${rows.join('')}`;
    })
    .join('\n');
