/** The files in the data folder beside the database. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, createSessionKey } from '@fairseat/common/kit';
import type { JWK } from 'jose';

/** The key of sessions: made at the first start, readable by its owner only. @throws ConfigError when damaged. */
export async function loadSessionKey(dataDir: string): Promise<JWK> {
  const path = join(dataDir, 'session-key.json');
  const kept = read(path);
  if (kept !== undefined) return parse(kept, path);
  const key = await createSessionKey();
  write(path, JSON.stringify(key));
  return key;
}

/**
 * Prices are stored without a currency, so a folder keeps that of its first start.
 * @throws ConfigError when another is set.
 */
export function keepCurrency(dataDir: string, currency: string): void {
  const path = join(dataDir, 'currency');
  const kept = read(path);
  if (kept === undefined) write(path, currency);
  else if (kept !== currency) {
    throw new ConfigError(
      `Wrong setting: CURRENCY=${currency}: the prices in ${dataDir} are in ${kept}. Choose another DATA_DIR`,
    );
  }
}

const LOCAL_STRIPE_PORT = 'local-stripe-port';

/** The port of this folder's local Stripe, so that pages of its bank stay where they were; 0 before its first start. */
export const localStripePort = (dataDir: string) =>
  Number(read(join(dataDir, LOCAL_STRIPE_PORT)) ?? 0);

export const keepLocalStripePort = (dataDir: string, port: number) =>
  write(join(dataDir, LOCAL_STRIPE_PORT), String(port));

const DEMO = 'demo';

/**
 * Marks a new folder as one for the demonstration. Returns true while it has yet to be filled.
 * @throws ConfigError when the folder holds other data.
 */
export function beginDemo(dataDir: string): boolean {
  const kept = read(join(dataDir, DEMO));
  if (kept !== undefined) return kept !== 'filled';
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new ConfigError(
      `${dataDir} holds other data, which --demo leaves alone. Set DATA_DIR to a new folder`,
    );
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  write(join(dataDir, DEMO), 'to be filled');
  return true;
}

export const endDemo = (dataDir: string) => write(join(dataDir, DEMO), 'filled');

function parse(text: string, path: string): JWK {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(
      `${path} is damaged. Restore it, or delete it: everybody signs in again`,
      {
        cause: error,
      },
    );
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a new file and renames it, so that a crash leaves the whole file or none. */
function write(path: string, text: string) {
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
