/** Runs the work of one record in turn, and of different records at the same time. */
export class InTurn {
  /** The end of the last work for each record. */
  readonly #last = new Map<string, Promise<void>>();

  add(record: string, work: () => Promise<void>, whenDone: () => void) {
    const before = this.#last.get(record) ?? Promise.resolve();
    const done = before.then(work).finally(() => {
      if (this.#last.get(record) === done) this.#last.delete(record);
      whenDone();
    });
    this.#last.set(record, done);
  }
}
