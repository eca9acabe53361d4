/** Keeps the last run of each part as JSON. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Report } from './report.ts';

interface Results {
  startedAt: Date;
  seconds: number;
  machine: object;
  sections: Report['sections'];
}

export function keepResults(file: string, part: string, results: Results) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, `${JSON.stringify({ ...kept, [part]: results }, null, 2)}\n`);
}
