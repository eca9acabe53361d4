import { execFile } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

/** None answers there, and that is known at once. */
const noServers = {
  MONGODB_URL: 'nowhere',
  NATS_URL: 'nats://127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
};
const vitest = 'echo the tests run; command -v chromium > /dev/null && echo in a browser; exit 7';
const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** On a machine that has these programs alone, told as shell scripts. */
async function npmTest(programs: Record<string, string>, env: Record<string, string> = {}) {
  using folder = temporaryFolder();
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder.path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder.path, name), 0o755);
  }
  const args = ['--conditions=@fairseat/source', join(import.meta.dirname, '../run.ts')];
  const options = { env: { ...process.env, CI: '', ...noServers, PATH: folder.path, ...env } };
  return await new Promise<{ code: unknown; lines: string[] }>((resolve) => {
    execFile(process.execPath, args, options, (error, stdout) => {
      resolve({ code: error?.code ?? 0, lines: stdout.split('\n').filter(Boolean) });
    });
  });
}

describe('npm test', () => {
  it('says last what cannot run for want of fonts, a compiler, a browser or servers, and runs the rest', async () => {
    const { code, lines } = await npmTest({ vitest, 'apt-get': 'exit 1' });
    expect(code).toBe(7);
    expect(lines[0]).toBe('the tests run');
    const notRun = lines.filter((line) => line.startsWith('NOT RUN: ')).sort();
    expect(notRun).toEqual([
      expect.stringMatching(/the pictures .+\. Fonts are missing \(Debian: apt-get install font/),
      expect.stringMatching(
        /of a loss of power .+\. There is no C compiler, or no Linux\. Put it on/,
      ),
      expect.stringMatching(/in a browser \(tests\/e2e\)\. There is no Chromium\. Put it on PATH/),
      expect.stringMatching(/of the distributed platform\. MONGODB_URL names a MongoDB that does/),
    ]);
  });

  it('fails for CI before any test begins', async () => {
    const programs = { vitest, chromium: '', cc: '', 'fc-list': 'echo one' };
    const { code, lines } = await npmTest(programs, { CI: 'true' });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^NOT RUN: the tests of the distributed platform/);
    expect(lines).not.toContain('the tests run');
  });

  it('takes the browser that is there, else installs one as root on Debian', async () => {
    const install = 'for last; do :; done; /bin/cp "$0" "$PATH/$last"';
    for (const programs of [{ chromium: '' }, { 'apt-get': install }]) {
      const { lines } = await npmTest({ vitest, ...programs });
      const hasBrowser = 'chromium' in programs || isRootOnDebian;
      expect(lines.includes('in a browser')).toBe(hasBrowser);
      expect(lines.join('\n').includes('There is no Chromium')).toBe(!hasBrowser);
    }
  });
});
