/** For programs that do something to the records of one service. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Config,
  ConfigError,
  type Log,
  platformOptions,
  type Service,
} from '@fairseat/common/kit';
import type { OpenGateway, PaymentGateway } from '@fairseat/common/ports';
import { openDistributed } from '@fairseat/platform/distributed';
import { openEmbedded } from '@fairseat/platform/embedded';
import { createServices } from './services.ts';

/** A service that takes money is built with a gateway, which is asked for nothing here. */
const noGateway: OpenGateway = () => ({}) as PaymentGateway;

/** The one that these arguments name. @throws ConfigError */
export function serviceCalled([name, ...others]: string[]): Service {
  const publishing = createServices().filter(({ publishes }) => publishes);
  const service = publishing.find((each) => each.name === name);
  if (service && others.length === 0) return service;
  const names = publishing.map((each) => each.name).join(', ');
  throw new ConfigError(`${[name, ...others].join(' ') || 'No service'}: expected one of ${names}`);
}

/** Milliseconds since 1970 of a day or a time in ISO 8601; NaN for any other text. */
export const timeIn = (text: string): number =>
  /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;

/** The platform of that service, by its settings; it is not started. @throws ConfigError, StartError */
export function openPlatform(
  service: Service,
  config: Config,
  log: Log,
  openGateway: OpenGateway = noGateway,
) {
  if (config.platform === 'distributed') {
    return openDistributed({ ...platformOptions(service, config, log), openGateway });
  }
  const dataDir = resolve(config.dataDir);
  if (!existsSync(join(dataDir, 'fairseat.sqlite'))) {
    throw new ConfigError(`DATA_DIR=${config.dataDir}: there are no data of Fairseat`);
  }
  return openEmbedded({
    dataDir,
    openGateway,
    onError: (message, error) => log.error({ err: error }, message),
  });
}
