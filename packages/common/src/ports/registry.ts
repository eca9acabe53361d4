export interface Entry {
  /** Letters, digits, `-`, `_` and `.`. */
  key: string;
  /** What JSON can say. */
  value: unknown;
  /** The number of its last write: higher than that of any write before. */
  revision: number;
}

/**
 * A few small documents that an operator's commands and all processes share while Fairseat runs. Everything is read at once,
 * so there should be hundreds at most.
 */
export interface Registry {
  /** @throws Unavailable */
  list(): Promise<Entry[]>;
  /**
   * Writes a document that has this revision, or, with 0, one that is not there. Answers its new revision.
   * @throws VersionConflict when it has another. Unavailable
   */
  put(key: string, value: unknown, revision: number): Promise<number>;
  /** @throws Unavailable */
  remove(key: string): Promise<void>;
  /** Calls back within a second after each change, whoever made it. The returned function ends it. */
  watch(listener: () => void): () => void;
}
