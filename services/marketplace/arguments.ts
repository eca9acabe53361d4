import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError, settingsHelp } from '@fairseat/common/kit';

export const help = () => `Fairseat, a ticket marketplace.

  npm start                  run it; pages and API on one port
  npm start -- --demo        fill a new data folder with events, sellers and holds
  npm start -- --api-only    run the API without the pages
  npm start -- --local-stripe
                             take payments by a Stripe of its own: no key, no network, no money
  npm start -- --help        this text

${settingsHelp()}`;

/** Reads the arguments of a command. @throws ConfigError that names an unknown one, and says what to `see`. */
export function parsed<T extends ParseArgsConfig>(see: string, config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [what] = (error as Error).message.split('. ');
    throw new ConfigError(`${what}. See ${see}`, { cause: error });
  }
}

/** Reads the flags of `npm start`. @throws ConfigError that names an unknown one. */
export function readArguments(args: string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const options = { demo: flag, 'api-only': flag, 'local-stripe': flag, help: flag };
  return parsed('npm start -- --help', { args, options }).values;
}
