import { defineService, type ServiceContext } from '@fairseat/common/kit';
import { Audience } from './audience.ts';
import { routes } from './routes.ts';

export { Audience } from './audience.ts';

const LOOK_EVERY_MS = 1000;

/** Sends browsers the changes of what they show. It stores nothing: a browser that reconnects reads again. */
export const live = defineService({
  name: 'live',
  prefixes: ['/api/live'],
  needs: ['watch'],
  hears: [],
  build: (context) => serve(new Audience(context.clock, context.config.rateLimits), context),
});

/** Connects an audience to the bus and to its streams. */
export function serve(audience: Audience, context: ServiceContext<'watch'>) {
  const stopWatching = context.watch(
    (event) => audience.publish(event),
    () => audience.startAfresh(),
  );
  return {
    routes: routes(audience, stopWatching, context),
    tasks: [{ name: 'beat', intervalMs: LOOK_EVERY_MS, run: () => audience.beat() }],
  };
}
