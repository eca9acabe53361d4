import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbedded } from '@fairseat/platform/embedded';
import { findCompiler } from '@fairseat/servers/compiler';
import { temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const compiler = await findCompiler();

/** How many of five records are there, had the power been lost after the first was acknowledged, the second, and so on. */
async function recordsLeft(...synchronous: string[]): Promise<number[]> {
  using folder = temporaryFolder();
  const [library = '', data = '', left = '', kept = ''] = ['keep.so', 'data', 'left', 'kept'].map(
    (name) => join(folder.path, name),
  );
  mkdirSync(left);
  const source = join(import.meta.dirname, 'keep-synced.c');
  execFileSync(String(compiler), ['-shared', '-fPIC', '-nostdlib', '-o', library, source]);
  const script = ['--conditions=@fairseat/source', join(import.meta.dirname, 'saving.ts')];
  const { signal, stderr } = spawnSync(
    process.execPath,
    [...script, data, left, kept, ...synchronous],
    { env: { ...process.env, LD_PRELOAD: library, AFTER_POWER_LOSS: left }, encoding: 'utf8' },
  );
  expect([signal, stderr]).toEqual(['SIGKILL', '']);
  const counts: number[] = [];
  for (const saved of [1, 2, 3, 4, 5]) {
    const platform = openEmbedded({ dataDir: join(kept, String(saved)) });
    counts.push((await platform.table('auth', { name: 'counters' }).walk('', 10)).length);
    await platform.close();
  }
  return counts;
}

describe('a loss of power', () => {
  it('leaves each record that was acknowledged', async () => {
    expect(await recordsLeft()).toEqual([1, 2, 3, 4, 5]);
  });

  it.each(['NORMAL', 'OFF'])(
    'would show with synchronous=%s, which must not be',
    async (setting) => {
      expect(await recordsLeft(setting)).toEqual([0, 0, 0, 0, 0]);
    },
  );
});
