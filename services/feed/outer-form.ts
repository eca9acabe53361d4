import type { OuterEvent } from '@fairseat/common/contracts/feed';
import { type AnyEvent, InvalidEvent, parseEvent } from '@fairseat/common/events';

/**
 * An event as outsiders get it, from what the log has; undefined for one that this release does not know. Only what its
 * schema names leaves, and nothing that is for one person alone.
 */
export function outerForm(logged: unknown): OuterEvent | undefined {
  try {
    return outside(parseEvent(logged));
  } catch (error) {
    if (error instanceof InvalidEvent) return undefined;
    throw error;
  }
}

function outside({ data, ...envelope }: AnyEvent): OuterEvent {
  const { nextAction: _, ...told } = data as { nextAction?: unknown };
  return { ...envelope, datacontenttype: 'application/json', data: told };
}
