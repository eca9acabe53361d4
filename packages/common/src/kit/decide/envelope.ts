import { currentStory } from '../../context.ts';
import {
  type AnyEvent,
  type EventDefinitions,
  type EventType,
  parseEventData,
} from '../../events.ts';
import type { Clock } from '../../ports/index.ts';
import { traceparentOf } from '../../trace-context.ts';

/** Makes an event of a record: `data` is checked, the envelope gets an id, the time and the current story. */
export type EventFactory = (
  type: EventType,
  record: { id: string; version: number },
  data: object,
) => AnyEvent;

/**
 * Returns the event factory of one service, which leaves out fields that the event's schema does not have.
 * It throws InvalidEvent when the data does not fit, Error when the service does not publish the type.
 */
export function createEventFactory(
  { name, publishes }: { name: string; publishes?: EventDefinitions<object> },
  clock: Clock,
  newId: () => string,
): EventFactory {
  // Many events share a millisecond, and formatting the time costs as much as checking one of them.
  let lastMs = Number.NaN;
  let time = '';
  const timeOf = (ms: number) => {
    if (ms !== lastMs) [lastMs, time] = [ms, new Date(ms).toISOString()];
    return time;
  };
  return (type, record, data) => {
    if (!publishes?.types.includes(type)) throw new Error(`${name} does not publish ${type}`);
    const id = newId();
    const story = currentStory();
    return {
      specversion: '1.0',
      id,
      source: name,
      type,
      subject: record.id,
      time: timeOf(clock.now()),
      version: record.version,
      correlationid: story?.correlationId ?? id,
      traceparent: traceparentOf(story ?? { traceId: id }, id),
      ...(story?.tracestate && { tracestate: story.tracestate }),
      data: parseEventData(type, data),
    } as AnyEvent;
  };
}
