import { currentStory, traceparentOf } from '../../context.ts';
import {
  type AnyEvent,
  type EventDefinitions,
  type EventType,
  parseEventData,
} from '../../events.ts';
import type { Clock } from '../../ports/index.ts';

/** Puts what a service says into its envelope: stamped, told whose story it is, and checked. */
export type Say = (
  type: EventType,
  record: { id: string; version: number },
  data: object,
) => AnyEvent;

/** @throws InvalidEvent when the data does not fit; fields that the event does not have are left out of it. */
export function createSay(
  { name, publishes }: { name: string; publishes?: EventDefinitions<object> },
  clock: Clock,
  newId: () => string,
): Say {
  // Many events are said within a millisecond, and writing its name costs as much as checking one of them.
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
    const traceId = story?.traceId ?? id;
    return {
      specversion: '1.0',
      id,
      source: name,
      type,
      subject: record.id,
      time: timeOf(clock.now()),
      version: record.version,
      correlationid: story?.correlationId ?? id,
      traceparent: traceparentOf(traceId, id),
      data: parseEventData(type, data),
    } as AnyEvent;
  };
}
