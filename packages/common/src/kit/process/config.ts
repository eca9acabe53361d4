/** The only place that reads the environment. */
import type { z } from 'zod';
import { StartError, withoutPassword } from '../../errors.ts';
import { settings } from './settings.ts';

type Env = Record<string, string | undefined>;

/** `DATA_DIR` → `dataDir` */
type Key<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<Key<Rest>>}`
  : Lowercase<Name>;

const keyOf = (name: string) =>
  name.toLowerCase().replace(/_(.)/g, (_, first: string) => first.toUpperCase());

type Settings = typeof settings.shape;

/** The settings that `settings.ts` describes. */
export type Config = { [Name in keyof Settings as Key<Name>]: z.output<Settings[Name]> };

/** A setting that cannot be used. The message names it and says what was expected. */
export class ConfigError extends StartError {
  override name = 'ConfigError';
}

const isSecret = (name: string) =>
  Boolean(settings.shape[name as keyof Settings]?.meta()?.['secret']);

/** @throws ConfigError, one line for each wrong setting. An empty setting counts as not given. */
export function readConfig(env: Env = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = settings.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(({ path: [name = ''], message }) => {
      const value = given[String(name)];
      return value === undefined
        ? `${String(name)} is not set: ${message}`
        : `${String(name)}=${isSecret(String(name)) ? '…' : withoutPassword(value)}: ${message}`;
    });
    throw new ConfigError(`Wrong setting: ${lines.join('; ')}`);
  }
  const names = Object.keys(settings.shape) as (keyof Settings)[];
  return Object.fromEntries(names.map((name) => [keyOf(name), result.data[name]])) as Config;
}

/** For the pages as a process of their own, which has no platform. @throws ConfigError */
export function readClientConfig(env: Env = process.env) {
  const config = readConfig({ ...env, PLATFORM: undefined });
  const { apiOrigin } = config;
  if (apiOrigin === undefined) {
    throw new ConfigError(
      'Wrong setting: API_ORIGIN is not set: expected where the API is, such as http://127.0.0.1:3000',
    );
  }
  return { ...config, apiOrigin };
}
