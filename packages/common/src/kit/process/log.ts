import { pino } from 'pino';
import { currentStory } from '../../context.ts';

export type Log = pino.Logger;

/** JSON lines on standard error, each with its story's correlation id. Bodies, cookies and tokens are never logged. */
export function createLog(
  level: string,
  destination: pino.DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => {
        const story = currentStory();
        return story ? { correlationId: story.correlationId } : {};
      },
    },
    destination,
  );
}
