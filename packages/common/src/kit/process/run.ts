import type { Clock, OpenGateway, Platform } from '../../ports/index.ts';
import { createDevices } from '../http/devices.ts';
import { createSessionSigner, createSessionVerifier, publicKeyOf } from '../http/sessions.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { createHost } from './host.ts';
import { createLog, type Log } from './log.ts';
import { type Program, runHost } from './run-host.ts';
import type { Service } from './service.ts';
import { readSessionKey } from './session-key.ts';

/** The options of the distributed platform that come from the settings of this process. */
interface PlatformOptions {
  name: string;
  mongodbUrl?: string;
  natsUrl: string;
  natsCredentialsFile?: string;
  redisUrl?: string;
  openGateway: OpenGateway | undefined;
  natsReplicas: number;
  retention: { eventsKeptDays: number; eventsMaxBytes: number };
  compressEvents: boolean;
  tlsCaFile?: string;
  namespace?: string;
  rateLimits: boolean;
  onError: (message: string, error: unknown) => void;
  onWaiting: (line: string) => void;
  onHalfFilled: (line: string) => void;
}

type OpenPlatform = (options: PlatformOptions) => Platform;
type ChooseGateway = (config: Config, onWarning: (line: string) => void) => OpenGateway;

/**
 * Runs one service in this process on the distributed platform, by the settings in the environment. Only a service
 * that takes money is given a gateway.
 */
export function run(
  service: Service,
  openPlatform: OpenPlatform,
  chooseGateway?: ChooseGateway,
): Promise<void> {
  return runHost(service.name, () => createServiceHost(service, openPlatform, chooseGateway));
}

async function createServiceHost(
  service: Service,
  openPlatform: OpenPlatform,
  chooseGateway?: ChooseGateway,
): Promise<Program> {
  const { name } = service;
  const config = readConfig();
  const log = createLog(config.logLevel).child({ service: name });
  const platform = openPlatform({
    ...platformOptions(service, config, log),
    openGateway: chooseGateway?.(config, (line) => log.warn(line)),
  });
  const { clock } = platform;
  const host = await createHost([service], {
    ...{ platform, config, log },
    ...(service.listensOnly
      ? { verifySession: async () => null }
      : await sessionsOf(service, config, clock)),
  });
  return { config, log, host };
}

async function sessionsOf({ needs }: Service, config: Config, clock: Clock) {
  const signs = needs.includes('signSession');
  const key = readSessionKey(config, signs);
  return {
    verifySession: await createSessionVerifier(publicKeyOf(key), clock),
    ...(signs && {
      signSession: await createSessionSigner(key, clock),
      devices: await createDevices(key, clock),
    }),
  };
}

/** Of the distributed platform, from the settings of this process. @throws ConfigError */
export function platformOptions(
  { name, listensOnly }: Pick<Service, 'name' | 'listensOnly'>,
  config: Config,
  log: Log,
) {
  const { platform, mongodbUrl, natsUrl, redisUrl, natsReplicas, rateLimits } = config;
  const { natsCredentialsFile, tlsCaFile, namespace, eventsKeptDays, eventsMaxBytes } = config;
  const { compressEvents } = config;
  if (platform !== 'distributed' || !natsUrl) {
    throw new ConfigError(
      `PLATFORM=${platform}: a service by itself needs PLATFORM=distributed. All in one process is \`npm start\``,
    );
  }
  for (const [setting, value] of Object.entries({
    MONGODB_URL: mongodbUrl,
    SESSION_KEY_FILE: config.sessionKeyFile,
  })) {
    if (value !== undefined || listensOnly) continue;
    throw new ConfigError(`Wrong setting: ${setting} is not set: ${name} needs it`);
  }
  return {
    ...{ name, natsUrl, natsReplicas, rateLimits },
    ...(mongodbUrl !== undefined && { mongodbUrl }),
    ...(redisUrl !== undefined && { redisUrl }),
    retention: { eventsKeptDays, eventsMaxBytes },
    ...(natsCredentialsFile !== undefined && { natsCredentialsFile }),
    compressEvents,
    ...(tlsCaFile !== undefined && { tlsCaFile }),
    ...(namespace !== undefined && { namespace }),
    onError: (message: string, error: unknown) => log.error({ err: error }, message),
    onWaiting: (line: string) => log.warn(line),
    onHalfFilled: (line: string) => log.info(line),
  };
}
