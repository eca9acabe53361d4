import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { createInterface } from 'node:readline';
import { eventTypes } from '@fairseat/common/events';
import { keyFor } from '@fairseat/test-support/feed-listener';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const project = mkdtempSync(join(tmpdir(), 'fairseat-published-'));
const packages = ['common', 'platform', 'gateways'];

/** It leads outsiders to a first listener and a first service. */
const readme = readFileSync(join(root, 'packages/common/README.md'), 'utf8');
const programs: string[] = [];
/** The commands of its shell blocks. */
const commands = [...readme.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, lines = '']) =>
  lines.trim().split('\n'),
);

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const run = (cwd: string, command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

beforeAll(() => {
  const workspaces = packages.map((name) => `--workspace=packages/${name}`);
  run(root, 'npm', 'pack', '--silent', '--pack-destination', project, ...workspaces);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  copyFileSync(join(import.meta.dirname, 'published/auditor.ts'), join(project, 'auditor.ts'));
  const guide = readFileSync(join(root, 'packages/gateways/README.md'), 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(guide) ?? [];
  writeFileSync(join(project, 'shop.ts'), example);
  for (const [, name = '', program = ''] of readme.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)) {
    programs.push(name);
    writeFileSync(join(project, name), program);
  }
  const tarballs = globSync('*.tgz', { cwd: project }).map((name) => `./${name}`);
  const types = `@types/node@${readJson(root, 'package.json').devDependencies['@types/node']}`;
  run(project, 'npm', 'install', '--silent', '--prefer-offline', ...tarballs, types);
});

afterAll(() => rmSync(project, { recursive: true }));

describe('the published packages', () => {
  it('carry no tests', () => {
    expect(globSync('node_modules/@fairseat/**/*.test.*', { cwd: project })).toEqual([]);
  });

  it('bring all that their entry points need', () => {
    const entryPoints = packages.flatMap((name) => {
      const folder = join(project, 'node_modules/@fairseat', name);
      const { exports } = readJson(folder, 'package.json');
      const files = globSync('dist/contracts/*.js', { cwd: folder }).map(
        (path) => parse(path).name,
      );
      return Object.keys(exports).flatMap((path) =>
        (path.includes('*') ? files : ['']).map((file) =>
          join('@fairseat', name, path.replace('*', file)),
        ),
      );
    });
    // The test kit needs a test runner, which its user brings.
    const names = JSON.stringify(entryPoints.filter((name) => name !== '@fairseat/common/testing'));
    const script = `await Promise.all(${names}.map((name) => import(name)))`;
    expect(run(project, process.execPath, '--input-type=module', '--eval', script)).toBe('');
  });

  it('type-check a new service in strict mode, their own declarations included', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const flags = '--noEmit --strict --skipLibCheck false --module nodenext --target es2024';
    expect(run(project, tsc, ...flags.split(' '), '--types', 'node', 'auditor.ts')).toBe('');
  });

  it('bring a local Stripe for the tests of others, as their guide says', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const flags = '--noEmit --strict --module nodenext --target es2024 --types node';
    expect(run(project, tsc, ...flags.split(' '), 'shop.ts')).toBe('');
    expect(run(project, process.execPath, 'shop.ts')).toBe('');
  });

  it('run a new service that hears every event, and publishes events of its own', () => {
    const { hears, sessionId, noted } = JSON.parse(run(project, process.execPath, 'auditor.ts'));
    expect(hears).toEqual([...eventTypes(), 'audit.noted']);
    expect(noted).toEqual([{ type: 'session.ended', about: sessionId }]);
  });

  describe('lead an outsider, who does what their README says,', () => {
    it('to programs that type-check in strict mode', () => {
      const tsc = join(root, 'node_modules/.bin/tsc');
      const flags =
        '--noEmit --strict --module nodenext --target es2024 --allowImportingTsExtensions';
      expect(programs).toEqual(['listener.ts', 'sales.ts', 'try.ts', 'main.ts', 'events.ts']);
      expect(run(project, tsc, ...flags.split(' '), '--types', 'node', ...programs)).toBe('');
    });

    it('to a first listener, which hears a purchase', async () => {
      expect(commands).toContain('KEY=fsk_… node listener.ts');
      expect(commands).toContain("npm run --silent keys -- add first --types 'order.completed'");
      await using market = await TestMarketplace.open();
      const address = await market.app.listen({ host: '127.0.0.1', port: 0 });
      const env = { ...process.env, FEED: `${address}/api/feed` };
      const KEY = await keyFor(market, 'order.completed', 'first');
      const listener = spawn(process.execPath, ['listener.ts'], {
        cwd: project,
        env: { ...env, KEY },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [seller, buyer] = await market.people(2);
      const order = await buyer?.holds((await seller?.sells())?.id ?? '');
      await buyer?.pay(order?.id ?? '');
      const [line] = await once(createInterface({ input: listener.stdout }), 'line');
      expect(line).toMatch(new RegExp(`^2.*Z order ${order?.id} is completed$`));
      listener.kill();
      await once(listener, 'exit');
    });

    it('to a first service, which knows what was sold', () => {
      expect(commands).toContain('node try.ts');
      const printed = run(project, process.execPath, 'try.ts');
      expect(JSON.parse(printed)).toEqual({
        newest: [{ id: expect.stringMatching(/^[0-9a-f]{32}$/), price: 4990 }],
      });
    });
  });
});
