/** What shows that a database or a stream went back in time, and what it had come to. */
import type { AnyEvent } from '@fairseat/common/events';

/** Of each record its newest event: the one that carries its last public state. */
export function newestOf(events: AnyEvent[]): AnyEvent[] {
  const newest = new Map<string, AnyEvent>();
  for (const event of events) {
    const other = newest.get(event.subject);
    if (!other || other.version < event.version) newest.set(event.subject, event);
  }
  return [...newest.values()];
}

/**
 * Whether the stream still has the event that it had: one that went back has none there, or by now another. What is no
 * event of today was none for the mark either.
 */
export const sameMessage = (mark: { eventId: string }, kept: AnyEvent | undefined) =>
  (kept?.id ?? '') === mark.eventId;
