/** An event where it lies in the log. */
export interface LoggedEvent {
  /** Its place. Opaque: small letters, digits and `-`, at most 40 of them. */
  cursor: string;
  /** As it was saved, maybe by another release: to be parsed. */
  event: unknown;
}

/**
 * The events of all services in one order, the same for every reader: for those who keep their own place in it. The events
 * of one record come in the order of their versions; an event may come twice where its publisher had to repeat it.
 */
export interface EventLog {
  /**
   * The events behind a place, in order: at most `limit`, and none only at the end of the log.
   * @throws CursorGone when some of them are no longer kept, or this is no place of this log. Unavailable
   */
  read(after: string, limit: number): Promise<LoggedEvent[]>;
  /** The place before the oldest event that is kept, and that of the newest. @throws Unavailable */
  ends(): Promise<{ oldest: string; newest: string }>;
  /** Calls back soon after events were added; seldom a call is lost. The returned function ends it. */
  onMore(listener: () => void): () => void;
}
