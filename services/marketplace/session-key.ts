import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionKey } from '@fairseat/common/kit';
import type { JWK } from 'jose';

/** The key that signs sessions: made at the first start, readable by its owner only. */
export async function loadSessionKey(dataDir: string): Promise<JWK> {
  const path = join(dataDir, 'session-key.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  }
  const key = await createSessionKey();
  // Written beside and moved, so that a crash leaves the whole key or none.
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, JSON.stringify(key));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  return key;
}
