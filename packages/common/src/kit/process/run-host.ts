import closeWithGrace from 'close-with-grace';
import type { Config } from './config.ts';
import type { Host } from './host.ts';
import type { Log } from './log.ts';
import { whyNotStarted } from './why-not-started.ts';

const STOP_WITHIN_MS = 15_000;

/** A host, with the settings and the log that it was created with. */
export interface Program {
  config: Config;
  log: Log;
  host: Host;
}

/**
 * Runs a host until a signal stops it. It listens at once, and is ready once it has started.
 * When it cannot start, the process exits with code 1 and says why on standard error.
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
      // A signal that stops it while it waits for an engine is no failure.
      if (!stopping.aborted) throw error;
    }
  } catch (error) {
    console.error(`${name} cannot start: ${whyNotStarted(error)}`);
    process.exit(1);
  }
}

/** Stops the host on a signal or an unexpected error. The returned signal is aborted as soon as that begins. */
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
