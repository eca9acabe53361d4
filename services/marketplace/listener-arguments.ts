/** For the commands that say who may listen to the events from outside. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventTypeListSchema } from '@fairseat/common/contracts/feed';
import { Unavailable } from '@fairseat/common/errors';
import {
  ConfigError,
  createLog,
  platformOptions,
  readConfig,
  whyNotStarted,
} from '@fairseat/common/kit';
import type { Registry } from '@fairseat/common/ports';
import { feed, unknownIn } from '@fairseat/feed';
import { openDistributed } from '@fairseat/platform/distributed';
import { RegistryFile } from '@fairseat/platform/embedded';

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** Opens the registry of the feed by the settings, for as long as the work takes. */
export async function withRegistry(
  work: (registry: Registry, now: string) => Promise<void>,
): Promise<void> {
  process.umask(0o077);
  const config = readConfig();
  const now = new Date().toISOString();
  if (config.platform === 'distributed') {
    const log = createLog(config.logLevel);
    const platform = openDistributed(platformOptions(feed, config, log));
    await work(platform.registry(feed.name), now).finally(() => platform.close());
    return;
  }
  if (!existsSync(join(config.dataDir, 'fairseat.sqlite'))) {
    throw new ConfigError(`DATA_DIR=${config.dataDir}: there are no data of Fairseat`);
  }
  const file = new RegistryFile(resolve(config.dataDir));
  await work(file.registry(feed.name), now).finally(() => file.close());
}

/** @throws ConfigError */
export function nameIn([name = '', ...others]: string[]): string {
  if (NAME.test(name) && others.length === 0) return name;
  const given = [name, ...others].join(' ');
  throw new ConfigError(
    `${given || 'No name'}: expected one name of small letters, digits, - and _`,
  );
}

/** @throws ConfigError */
export function typesIn(types: string | undefined): string {
  if (types === undefined) {
    throw new ConfigError(
      "--types is missing: expected event types, such as order.completed,ticket.* or '*'",
    );
  }
  const result = eventTypeListSchema.safeParse(types);
  if (!result.success)
    throw new ConfigError(`--types=${types}: ${result.error.issues[0]?.message}`);
  const unknown = unknownIn(types);
  if (unknown.length === 0) return types;
  throw new ConfigError(
    `--types: there is no event type ${unknown.join(', ')}. \`npm run events\` lists them`,
  );
}

/** Why a command did nothing, in one line where somebody can mend it. */
export const whyNothing = (error: unknown): string =>
  error instanceof Unavailable ? error.message : whyNotStarted(error);
