/** The two halves of the key that signs sessions, each in a file of its own. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionKey, publicKeyOf } from '@fairseat/common/kit';

export interface SessionKeyFiles {
  /** For auth alone. */
  privateFile: string;
  /** For all other services. */
  publicFile: string;
}

/** Makes both files unless they exist. */
export async function makeSessionKeys(folder: string): Promise<SessionKeyFiles> {
  const privateFile = join(folder, 'session-key.private.json');
  const publicFile = join(folder, 'session-key.public.json');
  if (!existsSync(publicFile)) {
    await mkdir(folder, { recursive: true });
    const key = await createSessionKey();
    await writeFile(privateFile, JSON.stringify(key), { mode: 0o600 });
    await writeFile(publicFile, JSON.stringify(publicKeyOf(key)));
  }
  return { privateFile, publicFile };
}
