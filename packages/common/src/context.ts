/** The story (correlation id and trace) of the current work, passed from a request to its events and their handlers. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent } from './events.ts';

export interface Story {
  /** The id of the request that began the story, else of its first event. At most 64 characters. */
  correlationId: string;
  /** The trace id of W3C trace context: 32 hexadecimal digits. */
  traceId: string;
}

const stories = new AsyncLocalStorage<Story>();

/** Runs the work in a story, which everything awaited or published in it belongs to. */
export const inStory = <T>(story: Story, work: () => T): T => stories.run(story, work);
/** The story of the caller; undefined outside of any. */
export const currentStory = (): Story | undefined => stories.getStore();

/** The story of an event, in which its handlers run. */
export const storyOf = ({ correlationid, traceparent }: AnyEvent): Story => ({
  correlationId: correlationid,
  traceId: traceIdIn(traceparent),
});

/** The trace id in a `traceparent` of W3C trace context. */
export const traceIdIn = (traceparent: string) => traceparent.slice(3, 35);

/** The `traceparent` of one step of a trace. The step is named by the second half of its 32-digit id. */
export const traceparentOf = (traceId: string, stepId: string) =>
  `00-${traceId}-${stepId.slice(16)}-01`;
