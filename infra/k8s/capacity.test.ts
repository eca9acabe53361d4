import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { capacityOf } from './capacity.ts';

it('has two of each for a small marketplace, and one server of each engine', () => {
  const { pods, streams, shards } = capacityOf(100);
  expect(new Set(Object.values(pods))).toEqual(new Set([2]));
  expect([streams, shards]).toEqual([1, 1]);
});

it('is what docs/scale.md says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/scale.md'), 'utf8');
  const rows = [...page.matchAll(/^\| ([\d,]+) \| (.+) \|$/gm)].map(
    ([, holds = '', cells = '']) => [Number(holds.replaceAll(',', '')), ...cells.split(' | ')],
  );
  const expected = [100, 1000, 10_000, 100_000, 1_000_000].map((holds) => {
    const { pods, streams, shards, eventBytesPerDay, recordBytesPerDay } = capacityOf(holds);
    const { tickets, orders, payments, expiration, live, client } = pods;
    const disk = ((eventBytesPerDay + recordBytesPerDay) / 1e9).toPrecision(2);
    const counts = [tickets, orders, payments, expiration, live, client, streams, shards];
    return [holds, ...counts.map(String), `${Number(disk)} GB`];
  });
  expect(rows).toEqual(expected);
});
