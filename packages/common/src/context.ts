/** The story (correlation id and trace) of the current work, passed from a request to its events and their handlers. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent } from './events.ts';
import { type Trace, traceIn } from './trace-context.ts';

export interface Story extends Trace {
  /** The id of the request that began the story, else of its first event. At most 64 characters. */
  correlationId: string;
}

const stories = new AsyncLocalStorage<Story>();

/** Runs the work in a story, which everything awaited or published in it belongs to. */
export const inStory = <T>(story: Story, work: () => T): T => stories.run(story, work);
/** The story of the caller; undefined outside of any. */
export const currentStory = (): Story | undefined => stories.getStore();

/** The story of an event, in which its handlers run. One whose trace is no trace begins one that is named like it. */
export const storyOf = ({ id, correlationid, traceparent, tracestate }: AnyEvent): Story => ({
  correlationId: correlationid,
  ...(traceIn(traceparent, tracestate) ?? { traceId: id }),
});
