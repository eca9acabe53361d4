import type { Platform } from '../../ports/index.ts';
import { type Place, placeTable, type SayAgainOptions, sayAgain } from '../decide/say-again.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { build } from './mount.ts';
import type { Service } from './service.ts';

type Options = Pick<SayAgainOptions, 'since' | 'perSecond' | 'onProgress' | 'signal'>;

/** For a process that only does something to a service's records. */
export const nobodyIsServed = {
  verifySession: async () => null,
  signSession: async () => Promise.reject(new Error('no session begins here')),
  devices: {
    sign: async () => Promise.reject(new Error('no session begins here')),
    verify: async () => null,
  },
};

/**
 * Says the states of a service's records again, in a process that does nothing else: the platform is never started.
 * Goes on where the last run was stopped. Answers undefined when the service has no records that it could say again.
 * @throws Unavailable
 */
export async function sayStatesAgain(
  service: Service,
  surroundings: { platform: Platform; config: Config; log: Log },
  options: Options,
): Promise<Place | undefined> {
  const { platform } = surroundings;
  const { sources, log, clock } = build(service, { ...surroundings, ...nobodyIsServed });
  if (sources.length === 0) return undefined;
  return sayAgain(sources, {
    ...options,
    clock,
    places: platform.table(service.name, placeTable),
    onFailure: (table, id, err) => log.error({ err, table, id }, 'a record was not said again'),
  });
}
