import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { temporaryFolder } from '@fairseat/test-support/process';
import { familyOf, hasProc } from '@fairseat/test-support/process-tree';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

describe('npm run servers', () => {
  const folder = temporaryFolder();
  const notGiven = { MONGODB_URL: '', NATS_URL: '', REDIS_URL: '' };

  /** Runs in a copy of the project, so that it leaves the servers of other tests alone. */
  const servers = async (args: string[] = [], env: Record<string, string> = {}) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(folder.path, 'infra/servers/main.ts'), ...args],
      { env: { ...process.env, ...notGiven, ...env } },
    );
    const settings = stdout.matchAll(/^(\w+)='(.*)'$/gm);
    return { stdout, urls: Object.fromEntries([...settings].map(([, name, url]) => [name, url])) };
  };

  const redis = async (url: string | undefined, command: string) => {
    const { port, hostname } = new URL(url ?? '');
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.end(`${command}\r\n`);
    return text(socket);
  };

  beforeAll(() => {
    mkdirSync(join(folder.path, 'infra'));
    cpSync(join(root, 'infra/servers'), join(folder.path, 'infra/servers'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
  });

  afterAll(async () => {
    await servers(['stop', '--wipe']);
    folder[Symbol.dispose]();
  });

  it('starts all three and says where, in lines that a shell can read', async () => {
    const { stdout, urls } = await servers();
    expect(Object.keys(urls)).toEqual(['MONGODB_URL', 'NATS_URL', 'REDIS_URL']);
    expect(stdout).toMatch(/^# Redis \d+\.\d+/m);
    const script = `${stdout}\necho "$NATS_URL"`;
    const shell = await promisify(execFile)('sh', ['-euc', script]);
    expect(shell.stdout.trim()).toBe(urls['NATS_URL']);
  });

  it('leaves those alone that run already', async () => {
    const first = await servers();
    expect(await redis(first.urls['REDIS_URL'], 'SET greeting hello')).toBe('+OK\r\n');
    const state = () => readFileSync(join(folder.path, 'data/servers/servers.json'), 'utf8');
    const before = state();
    expect((await servers()).stdout).toBe(first.stdout);
    expect(pidsIn(state())).toEqual(pidsIn(before));
  });

  it('keeps their data from stop to start', async () => {
    await servers(['stop']);
    const { urls } = await servers();
    expect(await redis(urls['REDIS_URL'], 'GET greeting')).toBe('$5\r\nhello\r\n');
  });

  (hasProc ? it : () => {})('leaves no process of one whose first process is killed', async () => {
    await servers();
    const pids = pidsIn(readFileSync(join(folder.path, 'data/servers/servers.json'), 'utf8'));
    expect(pids).toHaveLength(3);
    for (const pid of pids.map(Number)) {
      const left = familyOf(pid);
      process.kill(pid, 'SIGKILL');
      await expect.poll(left).toBe(0);
    }
  });

  it('passes over a program that is too old', async () => {
    await servers(['stop']);
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nats-server'), '#!/bin/sh\necho nats-server: v2.9.10\n');
    chmodSync(join(bin, 'nats-server'), 0o755);
    const { stdout } = await servers([], { PATH: `${bin}:${process.env['PATH']}` });
    expect(stdout).toMatch(/^# NATS 2\.(1[2-9]|[2-9]\d)\./m);
  });

  it('takes an address that is given, and starts nothing in its place', async () => {
    const refusal = await servers([], { REDIS_URL: 'redis://127.0.0.1:1' }).catch(
      ({ code, stderr }) => ({ code, stderr }),
    );
    expect(refusal).toMatchObject({ code: 1 });
    expect(refusal).toMatchObject({
      stderr: expect.stringMatching(/^REDIS_URL names a Redis that does not answer: [^\n]+\n$/),
    });
  });
});

const pidsIn = (state: string) => [...state.matchAll(/"pid": (\d+)/g)].map(([, pid]) => pid).sort();
