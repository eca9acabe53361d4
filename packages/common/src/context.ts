/** The story that the current work belongs to: carried from a request into its events and on through every reaction. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent } from './events.ts';

export interface Story {
  correlationId: string;
  /** W3C trace context's id of the whole trace: 32 hexadecimal digits. */
  traceId: string;
}

const stories = new AsyncLocalStorage<Story>();

export const inStory = <T>(story: Story, work: () => T): T => stories.run(story, work);
export const currentStory = (): Story | undefined => stories.getStore();

/** What an event sets off belongs to its story. */
export const storyOf = ({ correlationid, traceparent }: AnyEvent): Story => ({
  correlationId: correlationid,
  traceId: traceIdIn(traceparent),
});

/** The trace that a step in W3C trace context belongs to. */
export const traceIdIn = (traceparent: string) => traceparent.slice(3, 35);

/** W3C trace context of a step in a trace, named by the second half of an id. */
export const traceparentOf = (traceId: string, stepId: string) =>
  `00-${traceId}-${stepId.slice(16)}-01`;
