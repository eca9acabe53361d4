import { defineService } from '@fairseat/common/kit';
import { Audience } from './audience.ts';
import { routes } from './routes.ts';

const LOOK_EVERY_MS = 1000;

/** Tells browsers what changes while they look at it. Keeps nothing: who reconnects reads afresh. */
export const live = defineService({
  name: 'live',
  prefixes: ['/api/live'],
  needs: ['watch'],
  hears: [],
  build(context) {
    const audience = new Audience(context.clock, context.config.rateLimits);
    const stopWatching = context.watch(
      (event) => audience.tell(event),
      () => audience.startAfresh(),
    );
    return {
      routes: routes(audience, stopWatching, context),
      tasks: [{ name: 'beat', intervalMs: LOOK_EVERY_MS, run: () => audience.beat() }],
    };
  },
});
