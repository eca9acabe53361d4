import { defineService } from '@fairseat/common/kit';
import { Deliveries } from './deliveries.ts';
import { Keys } from './keys.ts';
import { Listeners } from './listeners.ts';
import { createPost } from './post.ts';
import { routes } from './routes.ts';
import { Tail } from './tail.ts';

export {
  addEndpoint,
  beginAgain,
  endEndpoint,
  endpointsIn,
  rotateSecret,
} from './endpoints.ts';
export { addKey, endKey, listKeys } from './keys.ts';
export { refusalOf } from './post.ts';
export { unknownIn } from './scope.ts';

const LOOK_EVERY_MS = 1000;

/** Tells programs outside of all events: by streams and pages that they ask for, and by messages sent to them. */
export const feed = defineService({
  name: 'feed',
  prefixes: ['/api/feed'],
  listensOnly: true,
  needs: ['eventLog', 'registry'],
  hears: [],
  build({ clock, config, newId, eventLog: log, registry, log: logger, trouble }) {
    const origin = config.publicOrigin ?? `http://${config.host}:${config.port}`;
    const onError = (err: unknown) => logger.warn({ err }, 'the log cannot be read');
    const tail = new Tail({ log, clock, origin, onError });
    const mostByKey = config.rateLimits ? config.listenersPerKey : undefined;
    const listeners = new Listeners({ tail, clock, mostByKey });
    const keys = new Keys(registry, (isEnded) => listeners.endThose(isEnded));
    const deliveries = new Deliveries({
      ...{ log, tail, registry, clock, newId, logger, trouble },
      post: createPost({ mayBeLoopback: config.webhooksToLoopback }),
    });
    return {
      routes: routes({ log, tail, keys, listeners }),
      tasks: [
        { name: 'beat', intervalMs: LOOK_EVERY_MS, run: async () => listeners.beat() },
        { name: 'webhooks', intervalMs: LOOK_EVERY_MS, run: (stop) => deliveries.run(stop) },
      ],
    };
  },
});
