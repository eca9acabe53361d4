/** The manual of operation holds: a deployment follows its table of services. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '@fairseat/common/kit';
import { createServices } from '@fairseat/marketplace/services';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { describe, expect, it } from 'vitest';

const manual = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const services = createServices();

/** The server or key that a need requires. The other needs are met by MongoDB and NATS, which every service uses but one that only listens. */
const deployed: Partial<Record<Service['needs'][number], string>> = {
  timers: 'Redis',
  rateLimiter: 'Redis',
  signSession: 'the private session key',
};

const [, table = ''] = /\| path \| needs \|\n(.*?)\n\n/s.exec(manual) ?? [];
const rows = table
  .split('\n')
  .slice(1)
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([, name = '', paths = '', needs = '']) => ({
    name,
    paths: [...paths.matchAll(/`(.+?)`/g)].map(([, path]) => path),
    needs: needs
      .replaceAll(/ \(.*?\)/g, '')
      .split(', ')
      .sort(),
  }));

describe('the manual of operation', () => {
  it('lists every service with its paths and needs, and the pages', () => {
    const defined = services.map(({ name, prefixes, needs, listensOnly }) => ({
      name,
      paths: [...prefixes],
      needs: [
        ...new Set([
          ...(listensOnly ? [] : ['MongoDB']),
          'NATS',
          ...needs.flatMap((need) => deployed[need] ?? []),
        ]),
      ].sort(),
    }));
    const pages = { name: 'the pages', paths: [], needs: ['the API'] };
    const byName = (list: typeof rows) => list.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(byName(rows)).toEqual(byName([...defined, pages]));
  });
});

describe('a path of the API', () => {
  it('belongs to exactly one service', async () => {
    await using market = await TestMarketplace.open();
    const reply = await market.app.inject('/api/openapi.json');
    const paths = Object.keys(reply.json().paths);
    expect(paths).not.toEqual([]);
    const liesIn = (path: string, prefix: string) =>
      path === prefix || path.startsWith(`${prefix}/`);
    const owners = paths.map((path) => {
      const names = services
        .filter(({ prefixes }) => prefixes.some((prefix) => liesIn(path, prefix)))
        .map(({ name }) => name);
      return { path, owners: names.length };
    });
    expect(owners.filter((path) => path.owners !== 1)).toEqual([]);
  });
});
