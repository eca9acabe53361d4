import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { startProgram, temporaryFolder } from '@fairseat/test-support/process';
import { familyOf, hasProc } from '@fairseat/test-support/process-tree';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** A copy of the project, whose servers are its own. */
function copyTo(folder: string) {
  const leftOut = /(^|\/)(node_modules|dist|\.next|data)$/;
  for (const part of ['client', 'infra', 'packages', 'services', 'package.json']) {
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => !leftOut.test(relative(root, path)),
    });
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const from = join(root, 'node_modules', name);
    // Links to the packages of the project, by relative paths.
    if (name === '@fairseat') {
      cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
    } else symlinkSync(from, join(modules, name));
  }
}

/** Deletes the data of the servers of a copy, which may lie elsewhere. */
function wipe(state: string) {
  const servers: Record<string, { started: { wipe: string[] } }> = JSON.parse(state);
  for (const { started } of Object.values(servers)) {
    const [command = '', ...args] = started.wipe;
    execFileSync(command, args);
  }
}

(hasProc ? describe : () => {})('npm run start:distributed', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'leaves no process, of servers that it started neither, after %s',
    async (signal) => {
      using folder = temporaryFolder();
      copyTo(folder.path);
      const servers = { MONGODB_URL: '', NATS_URL: '', REDIS_URL: '' };
      const all = await startProgram('infra/distributed/main.ts', servers, {
        flags: ['--api-only'],
        from: folder.path,
      });
      expect(all.url, all.output().stderr).toBeDefined();
      const state = readFileSync(join(folder.path, 'data/servers/servers.json'), 'utf8');
      const left = familyOf(all.pid);
      // The launcher, what outlives it, six services, three servers.
      expect(left()).toBeGreaterThanOrEqual(11);
      await all.end(signal);
      await expect.poll(left, { timeout: 60_000 }).toBe(0);
      wipe(state);
    },
  );
});
