import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import { EngineError } from './engine.ts';

const USER_SEED = /^SU[A-Z2-7]+$/;

/**
 * User and password of the address, or what a file says: a user's `.creds` (a JWT and a seed), or the seed of a user's
 * NKey alone. The file is read again for each connection, since a JWT may be renewed.
 * @throws EngineError when the file cannot be used.
 */
export function credentialsOf(
  { username, password }: URL,
  file: string | undefined,
): Pick<ConnectionOptions, 'user' | 'pass' | 'authenticator'> {
  if (file !== undefined) return { authenticator: ofFile(file) };
  return {
    ...(username && { user: decodeURIComponent(username) }),
    ...(password && { pass: decodeURIComponent(password) }),
  };
}

function ofFile(file: string): Authenticator {
  let last = read(file);
  return (nonce) => {
    try {
      last = read(file);
    } catch {
      // What was there before may still do.
    }
    return last(nonce);
  };
}

function read(file: string): Authenticator {
  try {
    const text = readFileSync(file, 'utf8');
    const isSeed = USER_SEED.test(text.trim());
    const authenticator = isSeed
      ? nkeyAuthenticator(Buffer.from(text.trim()))
      : credsAuthenticator(Buffer.from(`${text}\n`));
    // Fails where there is no seed or a wrong one.
    authenticator('');
    return authenticator;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'is not there' : 'has no credentials of a user';
    throw new EngineError(
      `NATS_CREDENTIALS_FILE: ${file} ${what}. Expected a .creds file, or the seed of an NKey.`,
      { cause: error },
    );
  }
}
