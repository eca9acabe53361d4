import type { AnyEvent, EventType } from '../events.ts';

export interface Delivery {
  /** 1 at first, one more each time the event is delivered again to this consumer. */
  attempt: number;
}

export type Handlers = {
  [T in EventType]?: (event: Extract<AnyEvent, { type: T }>, delivery: Delivery) => Promise<void>;
};

/** Events of one process on their way to the others: at least once, in any order, also after a restart. */
export interface Bus {
  /**
   * Every event of the handled types, from the first ever saved, to one of this group's processes.
   * A handler that throws `NotYet` gets the event again soon; one that throws anything else gets it again
   * with growing delay and, after a bounded number of tries, it becomes a dead letter.
   * A handler writes each record at most once.
   */
  consume(group: string, handlers: Handlers): void;
  /** Says an event that belongs to no record. Resolves once it is durable. */
  publish(event: AnyEvent): Promise<void>;
  /**
   * Every event from now on, to every process, for live views; never waits for the listener. In any order and perhaps
   * twice, as one that is sent again when its sender could not know that it had arrived. `onGap` is called when some may
   * have been lost, as while the broker was away.
   */
  watch(listener: (event: AnyEvent) => void, onGap?: () => void): () => void;
  /**
   * Names how a service says every record's state again, for when what it has said was lost with the broker. Where events
   * lie with the records, it is never called.
   */
  onLoss(service: string, sayAgain: () => Promise<void>): void;
  /** What groups have given up on: the oldest, at most 100. */
  deadLetters(): Promise<DeadLetter[]>;
  /** How many events each group has yet to handle, and how many it has given up on. */
  backlog(): Promise<{ group: string; events: number; dead: number }[]>;
}

export interface DeadLetter {
  group: string;
  /** As it was saved, which may not be an event at all. */
  event: unknown;
  reason: string;
  /** When it was given up, ISO 8601. */
  diedAt: string;
}
