import { defineService } from '@fairseat/common/kit';
import { Keys } from './keys.ts';
import { Listeners } from './listeners.ts';
import { routes } from './routes.ts';
import { Tail } from './tail.ts';

export { addKey, endKey, listKeys } from './keys.ts';
export { unknownIn } from './scope.ts';

const LOOK_EVERY_MS = 1000;

/** Tells programs outside of all events: by streams and pages that they ask for. */
export const feed = defineService({
  name: 'feed',
  prefixes: ['/api/feed'],
  listensOnly: true,
  needs: ['eventLog', 'registry'],
  hears: [],
  build({ clock, config, eventLog: log, registry, log: logger }) {
    const origin = config.publicOrigin ?? `http://${config.host}:${config.port}`;
    const onError = (err: unknown) => logger.warn({ err }, 'the log cannot be read');
    const tail = new Tail({ log, clock, origin, onError });
    const mostByKey = config.rateLimits ? config.listenersPerKey : undefined;
    const listeners = new Listeners({ tail, clock, mostByKey });
    const keys = new Keys(registry, (isEnded) => listeners.endThose(isEnded));
    return {
      routes: routes({ log, tail, keys, listeners }),
      tasks: [{ name: 'beat', intervalMs: LOOK_EVERY_MS, run: async () => listeners.beat() }],
    };
  },
});
