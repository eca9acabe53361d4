/** The story that the current work belongs to: carried from a request into its events and on through every reaction. */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Story {
  correlationId: string;
  /** W3C trace context of the cause. */
  traceparent: string;
}

const stories = new AsyncLocalStorage<Story>();

export const inStory = <T>(story: Story, work: () => T): T => stories.run(story, work);
export const currentStory = (): Story | undefined => stories.getStore();
