import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parts } from './matrix.ts';
import { rowsOf } from './report.ts';

const page = join(import.meta.dirname, '../../docs/reference/faults.md');

it('the page has a row of each fault, as it is kept and held to what is asked of it today', () => {
  const rows = readFileSync(page, 'utf8').match(/^\| .*\|$/gm) ?? [];
  const said = rows.filter((row) => !row.startsWith('| what breaks |'));
  expect(said).toEqual(Object.values(parts).flatMap((part) => rowsOf(part)));
});
