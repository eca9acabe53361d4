/** What a `main.ts` does: a host as a process of its own; a service on the distributed platform. */
import { readFileSync } from 'node:fs';
import closeWithGrace from 'close-with-grace';
import type { JWK } from 'jose';
import { StartError } from '../errors.ts';
import type { Platform } from '../ports.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { createHost, type Host } from './host.ts';
import { createLog, type Log } from './log.ts';
import type { Service } from './service.ts';
import {
  createSessionSigner,
  createSessionVerifier,
  publicKeyOf,
  type SignSession,
} from './sessions.ts';

const STOP_WITHIN_MS = 15_000;

/** The one service that gets the private key. */
interface SigningService {
  name: string;
  create(signSession: SignSession): Promise<Service>;
}

/** What this process asks of the platform it opens. */
interface PlatformOptions {
  name: string;
  mongodbUrl: string;
  natsUrl: string;
  redisUrl: string;
  natsReplicas: number;
  tlsCaFile?: string;
  namespace?: string;
  rateLimits: boolean;
  onError: (message: string, error: unknown) => void;
  onWaiting: (line: string) => void;
}

/** Runs the service by `runHost`. */
export function run(
  service: Service | SigningService,
  openPlatform: (options: PlatformOptions) => Platform,
): Promise<void> {
  return runHost(service.name, () => createServiceHost(service, openPlatform));
}

interface Program {
  config: Config;
  log: Log;
  host: Host;
}

/**
 * Starts it and stops it when asked to. It listens at once, and is ready once it has started.
 * Ends the process with one line where its settings are wrong.
 */
export async function runHost(name: string, create: () => Promise<Program>): Promise<void> {
  try {
    const { config, log, host } = await create();
    const stopping = stopWhenAsked(name, host, log);
    const address = await host.app.listen({ host: config.host, port: config.port });
    console.log(`${name} is listening on ${address}`);
    try {
      await host.start();
      console.log(`${name} is ready`);
    } catch (error) {
      // Stopped while it waited for an engine.
      if (!stopping.aborted) throw error;
    }
  } catch (error) {
    console.error(`${name} cannot start: ${whyNotStarted(error)}`);
    process.exit(1);
  }
}

async function createServiceHost(
  service: Service | SigningService,
  openPlatform: (options: PlatformOptions) => Platform,
): Promise<Program> {
  const { name } = service;
  const config = readConfig();
  const log = createLog(config.logLevel).child({ service: name });
  const signs = 'create' in service;
  const key = readSessionKey(config, signs);
  const platform = openPlatform(platformOptions(name, config, log));
  const { clock } = platform;
  const host = await createHost(
    [signs ? await service.create(await createSessionSigner(key, clock)) : service],
    { platform, config, log, verifySession: await createSessionVerifier(publicKeyOf(key), clock) },
  );
  return { config, log, host };
}

function platformOptions(name: string, config: Config, log: Log): PlatformOptions {
  const { platform, mongodbUrl, natsUrl, redisUrl, natsReplicas, rateLimits } = config;
  const { tlsCaFile, namespace } = config;
  if (platform !== 'distributed' || !mongodbUrl || !natsUrl || !redisUrl) {
    throw new ConfigError(
      `PLATFORM=${platform}: a service by itself needs PLATFORM=distributed. All in one process is \`npm start\``,
    );
  }
  return {
    ...{ name, mongodbUrl, natsUrl, redisUrl, natsReplicas, rateLimits },
    ...(tlsCaFile !== undefined && { tlsCaFile }),
    ...(namespace !== undefined && { namespace }),
    onError: (message, error) => log.error({ err: error }, message),
    onWaiting: (line) => log.warn(line),
  };
}

/** Only who signs sessions may have the private half: whoever holds it can be anybody. */
function readSessionKey({ sessionKeyFile = '' }: Config, signs: boolean): JWK {
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

/** Finishes what is in flight on a signal. The answer is aborted as soon as one has come. */
function stopWhenAsked(name: string, host: Host, log: Log): AbortSignal {
  const stopping = new AbortController();
  closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err, signal }) => {
    stopping.abort();
    if (err) log.fatal({ err }, 'stopping after an unexpected error');
    else console.log(`${signal}: finishing what is in flight …`);
    await host.stop();
    if (!err) console.log(`${name} has stopped`);
  });
  return stopping.signal;
}

/** What the person who starts it can mend gets one line; anything else its stack. */
export function whyNotStarted(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (error instanceof StartError) return message;
  if (code === 'EADDRINUSE') return `${message.replace('listen ', '')}. Choose another PORT.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${message}. Set HOST to an address of this machine.`;
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return `${message}. Choose another HOST or PORT.`;
  }
  return stack ?? String(error);
}
