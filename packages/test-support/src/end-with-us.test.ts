import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './process.ts';
import { familyOf, hasProc } from './process-tree.ts';

const root = join(import.meta.dirname, '../../..');

const program = (folder: string) => `
  import { spawn } from 'node:child_process';
  import { endWithUs } from '@fairseat/test-support/end-with-us';
  const { pid } = spawn('sh', ['-c', 'sleep 1000 & wait'], { detached: true, stdio: 'ignore' });
  endWithUs(pid, ['rmdir', '${folder}']);
  console.log('started');
`;

(hasProc ? it : () => {})('what a killed process has started ends, and is cleaned up', async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  const args = ['--conditions=@fairseat/source', '--input-type=module', '-e', program(folder.path)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const left = familyOf(child.pid as number);
  // With the shell and what waits for the end.
  expect(left()).toBeGreaterThanOrEqual(3);
  child.kill('SIGKILL');
  await expect.poll(() => [left(), existsSync(folder.path)]).toEqual([0, false]);
});
