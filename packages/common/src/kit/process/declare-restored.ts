import type { AnyEvent } from '../../events.ts';
import type { Platform, PublishedState } from '../../ports/index.ts';
import { takeBackAll, type Unknown } from '../decide/restore.ts';
import { type Place, sayAgain } from '../decide/say-again.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { build } from './mount.ts';
import { nobodyIsServed } from './say-states-again.ts';
import type { Service } from './service.ts';

export interface Surroundings {
  platform: Platform;
  config: Config;
  log: Log;
}

interface Listeners {
  onTakenBack: (records: number) => void;
  onProgress: (place: Place) => void;
}

/**
 * Declares that the database of a service went back, in a process that does nothing else: the platform is never started.
 * The service may run meanwhile, and it may be done again. @throws Unavailable
 */
export async function declareRestored(
  service: Service,
  surroundings: Surroundings,
  { onTakenBack, onProgress }: Listeners,
): Promise<void> {
  const { bus } = surroundings.platform;
  const { restorable, sources, log, clock } = build(service, {
    ...surroundings,
    ...nobodyIsServed,
  });
  const state: PublishedState | undefined = restorable && {
    isLost: (event) => restorable.isLost(event),
    async takeBack(events: AnyEvent[]) {
      const failed = await takeBackAll(restorable, events);
      for (const [{ subject: id, type, version }, err] of failed) {
        log.error({ err, id, type, version }, 'a record was not taken back');
      }
      onTakenBack(events.length - failed.length);
      await sayAgain(sources, {
        // Others may have seen versions of which no event is left, but none as high as the time.
        ...{ clock, floor: clock.now(), onProgress },
        onFailure: (table, id, err) => log.error({ err, table, id }, 'a record was not said again'),
      });
    },
    // It is not asked for.
    streamWentBack: async () => {},
  };
  await bus.restored(service.name, state);
}

/** What a service cannot know after its database went back to a backup of this time (ms since the epoch). */
export async function unknownsOf(
  service: Service,
  surroundings: Surroundings,
  backupAt: number,
): Promise<Unknown[]> {
  const { parts } = build(service, { ...surroundings, ...nobodyIsServed });
  return (await parts.unknowns?.(backupAt)) ?? [];
}
