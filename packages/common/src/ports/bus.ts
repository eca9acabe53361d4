import type { AnyEvent, EventType } from '../events.ts';

export interface Delivery {
  /** 1 for the first delivery of an event to this group, one more for each further one. */
  attempt: number;
}

export type Handlers = {
  [T in EventType]?: (event: Extract<AnyEvent, { type: T }>, delivery: Delivery) => Promise<void>;
};

/** Delivers events between services: at least once, in any order, also after a restart. */
export interface Bus {
  /**
   * Delivers every event of the handled types to one process of this group: to a new group from the first that is
   * still kept, to a handler that an existing group gets later from then on. When earlier ones are gone, the services that
   * published them are asked to say every record's state again. An event of any other type, known or not, is no concern of
   * the group. Of several versions of a group, each event goes to one that handles it.
   * A handler that throws `NotYet` puts the event off: it is delivered again soon. After any other failure it is
   * delivered again with growing delay and, after a bounded number of tries, it becomes a dead letter.
   * A handler must write each record at most once.
   */
  consume(group: string, handlers: Handlers): void;
  /** Publishes an event that belongs to no record. Resolves once it is durable. @throws InvalidEvent */
  publish(event: AnyEvent): Promise<void>;
  /**
   * Passes every event from now on to every process, for live views, without waiting for the listener. Events come in
   * any order, and may come twice when their publisher had to repeat them. `onGap` is called when some may have been
   * lost, such as while the broker was away. The returned function ends it.
   */
  watch(listener: (event: AnyEvent) => void, onGap?: () => void): () => void;
  /**
   * Registers how a service says every record's state again: called when the broker has lost the service's events, or
   * when a group of consumers is new and no longer finds all of them.
   */
  onLoss(service: string, sayAgain: () => Promise<void>): void;
  /**
   * Registers what a service can tell of its own events: asked where a database can go back in time to a backup without
   * the broker, or the broker without the database. Lost states are taken back before any event is delivered.
   */
  onRestore(service: string, state: PublishedState): void;
  /**
   * Declares that the database of a service went back, where that cannot be noticed: all that its kept events tell of is
   * taken back, then its group receives all kept events again. For a process beside the service, whose platform is not
   * started. @throws Unavailable
   */
  restored(service: string, state?: PublishedState): Promise<void>;
  /** The events that groups have given up on: the oldest, at most 100. */
  deadLetters(): Promise<DeadLetter[]>;
  /** The number of events that each group has yet to handle, and of those it has given up on. */
  backlog(): Promise<{ group: string; events: number; dead: number }[]>;
}

export interface PublishedState {
  /** Whether an event tells of a version of a record that the database does not have, although it once had. */
  isLost(event: AnyEvent): Promise<boolean>;
  /**
   * Takes back the states that these events tell of, one event a record, and publishes them again. Where they may not be
   * all, every record is said again, in versions that nobody has seen.
   */
  takeBack(events: AnyEvent[], backup: Backup): Promise<void>;
  /** The broker has lost events that it had: every record's state is said again. */
  streamWentBack(): Promise<void>;
}

/** What is known of the backup that a database went back to. */
export interface Backup {
  /** A time that it is not older than, ISO 8601; undefined where nothing tells. */
  since: string | undefined;
  /** Whether all events since then are kept. */
  isCovered: boolean;
}

export interface DeadLetter {
  group: string;
  /** The event as it was saved, which may be malformed. */
  event: unknown;
  /** The last failure. */
  reason: string;
  /** The time it was given up, ISO 8601. */
  diedAt: string;
}
