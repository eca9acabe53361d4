import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { type Config, ConfigError } from './config.ts';

/**
 * Reads the file that `SESSION_KEY_FILE` names. Only the service that signs sessions may have the private key: its
 * holder can act as any user.
 * @throws ConfigError when the file holds no key, or the wrong half of it.
 */
export function readSessionKey({ sessionKeyFile = '' }: Config, signs: boolean): JWK {
  const key = parseKey(sessionKeyFile);
  const wrong = (problem: string) =>
    new ConfigError(`SESSION_KEY_FILE=${sessionKeyFile}: ${problem}`);
  if (signs && key.d === undefined) throw wrong('expected the private key');
  if (!signs && key.d !== undefined)
    throw wrong('expected the public key, the private one is for auth alone');
  return key;
}

function parseKey(path: string): JWK {
  try {
    const key: JWK = JSON.parse(readFileSync(path, 'utf8'));
    if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || !key.x) throw new Error('it is none');
    return key;
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError(
      `SESSION_KEY_FILE=${path}: expected a key that \`npm run session-keys\` has made: ${reason}`,
      { cause: error },
    );
  }
}
