import type { OuterEvent } from '@fairseat/common/contracts/feed';
import { InvalidEvent, parseEvent, toCloudEvent } from '@fairseat/common/events';

/**
 * An event as outsiders of the marketplace at `origin` get it, from what the log has; undefined for one that this release
 * does not know. Only what its schema names leaves, and nothing that is for one person alone.
 */
export function outerForm(logged: unknown, origin: string): OuterEvent | undefined {
  try {
    const { data, ...envelope } = toCloudEvent(parseEvent(logged), origin);
    const { nextAction: _, ...told } = data as { nextAction?: unknown };
    return { ...envelope, data: told } as OuterEvent;
  } catch (error) {
    if (error instanceof InvalidEvent) return undefined;
    throw error;
  }
}
