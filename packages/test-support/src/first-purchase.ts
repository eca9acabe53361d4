/** Runs the purchase that the README shows, as pasted into a shell. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

/** Returns the states of ticket, charge, order and ticket, as printed. */
export async function firstPurchase(url: string): Promise<string[]> {
  const purchase = /```sh\n(API=[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const pasted = purchase.replace('http://127.0.0.1:3000', url);
  const { stdout } = await promisify(execFile)('sh', ['-c', pasted], { timeout: 20_000 });
  return [...stdout.matchAll(/"status":"(reserved|completed|sold)"/g)].map(
    ([, status]) => `${status}`,
  );
}

/** The states that it should print. */
export const bought = ['reserved', 'completed', 'completed', 'sold'];
