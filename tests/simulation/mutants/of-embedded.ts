/** Bugs of the embedded platform, which only a simulation on that platform can show. */
import type { Mutant } from './mutant.ts';

const store = 'packages/platform/src/embedded/store.ts';
const group = 'packages/platform/src/embedded/group.ts';
const table = 'packages/platform/src/embedded/table.ts';
const columns = 'packages/platform/src/embedded/columns.ts';
const timers = 'packages/platform/src/embedded/timers.ts';

const mutants: Omit<Mutant, 'platform'>[] = [
  {
    name: 'answered-before-the-commit',
    shows: [21],
    breaks: 'a write is told to be saved while its transaction may still fail',
    file: store,
    find: `    if (waiting.guarded) this.sql('RELEASE unit').run();`,
    replace: `    if (waiting.guarded) this.sql('RELEASE unit').run();
    if (!waiting.error) waiting.resolve();`,
    rules: ['an answer is true', 'an alarm rings for the end of its order'],
  },
  {
    name: 'cache-outlives-a-rollback',
    shows: 'guard',
    breaks: 'records of a transaction that was refused are read as if they were saved',
    file: store,
    find: `      for (const undo of this.#undo) undo();
`,
    replace: ``,
    rules: ['an answer is true', 'what is handled has taken effect'],
  },
  {
    name: 'numbers-are-not-taken-back',
    shows: [26],
    breaks: 'a transaction that was refused leaves a gap in the log, which no group gets past',
    file: store,
    find: `      this.#nextSeq = firstSeq;
`,
    replace: ``,
    rules: ['comes to rest', 'saying again is bounded'],
  },
  {
    name: 'broken-reads-are-a-surprise',
    shows: 'guard',
    breaks: 'that the disk cannot be read is an error nobody expected, instead of one that passes',
    file: store,
    find: `      if (!isEngineTrouble(error)) throw error;
`,
    replace: `      throw error;
`,
    rules: ['no unexpected error', 'handlers do not fail'],
  },
  {
    name: 'failed-work-is-saved',
    shows: [22],
    breaks: 'what a handler wrote before it failed is saved, and its event counts as handled',
    file: store,
    find: `    } finally {
      // Work left`,
    replace: `    } catch {
    } finally {
      // Work left`,
    rules: [
      'what is handled has taken effect',
      'a lock is for an order',
      'a lock ends only with its order',
    ],
  },
  {
    name: 'cursor-runs-ahead',
    shows: [22],
    breaks: 'the cursor is saved behind events whose handlers are still at work',
    file: group,
    find: `    while (this.#done.has(this.#cursor + 1) || this.#finishing.has(this.#cursor + 1)) {`,
    replace: `    while (this.#cursor + 1 < this.#nextSeq) {`,
    rules: ['what is handled has taken effect'],
  },
  {
    name: 'rolled-back-stays-handled',
    shows: [22],
    breaks: 'an event whose handling was rolled back still counts as handled',
    file: group,
    find: `    this.#finishing.clear();
    for (const letter`,
    replace: `    for (const letter`,
    rules: ['what is handled has taken effect', 'comes to rest'],
  },
  {
    name: 'number-of-the-rolled-back-is-done',
    shows: [22],
    breaks:
      'an event gets the number of one that was never saved, and with it that it needs no handling',
    file: group,
    find: `    for (const seq of this.#done) if (seq >= this.#nextSeq) this.#done.delete(seq);
`,
    replace: ``,
    rules: ['what is handled has taken effect', 'comes to rest'],
  },
  {
    name: 'letters-are-not-voided',
    shows: 'guard',
    breaks: 'an event that was never saved after all is handled all the same',
    file: group,
    find: `    for (const letter of this.#unsaved) letter.void = true;
`,
    replace: ``,
    rules: [
      'a lock is for an order',
      'an order holds its ticket',
      'an order is for a ticket',
      'a replica grows newer',
      'what is handled has taken effect',
      'comes to rest',
    ],
  },
  {
    name: 'slow-handlers-of-nothing-are-saved',
    shows: 'guard',
    breaks: 'what a slow handler wrote is saved although its event was rolled back meanwhile',
    file: group,
    find: `        if (letter.void) throw new Unavailable('Its event was not saved after all.');
`,
    replace: ``,
    rules: [
      'a lock is for an order',
      'a replica grows newer',
      'handlers do not fail',
      'an alarm rings for the end of its order',
    ],
  },
  {
    name: 'place-in-the-log-is-not-taken-back',
    shows: [22],
    breaks:
      'a group goes on behind events that were rolled back, past those that get their numbers',
    file: group,
    find: `    this.#nextSeq = Math.min(this.#nextSeq, this.#store.lastSeq + 1);
`,
    replace: ``,
    rules: ['comes to rest', 'what is handled has taken effect'],
  },
  {
    name: 'unparked-before-it-is-handled',
    shows: [22],
    breaks: 'an event that was put aside is taken from there before its handler has done anything',
    file: group,
    find: `      this.#parkedInFlight.add(letter.seq);
`,
    replace: `      this.#parkedInFlight.add(letter.seq);
      this.#letters.unpark(letter);
`,
    rules: ['what is handled has taken effect', 'comes to rest'],
  },
  {
    name: 'parked-holds-the-cursor',
    shows: 'guard',
    breaks: 'an event that is put aside holds up the cursor of its group for good',
    file: group,
    find: `        this.#finish(letter);
        if (next.kind !== 'dead')`,
    replace: `        if (next.kind !== 'dead')`,
    rules: ['saying again is bounded', 'comes to rest'],
  },
  {
    name: 'nobody-wakes-for-the-parked',
    shows: 'guard',
    breaks: 'what was put aside is looked at again only after a restart',
    file: group,
    find: `    this.#cancelWake = clock.after(delayMs, () => this.#readParked());`,
    replace: `    void delayMs;`,
    rules: ['comes to rest'],
  },
  {
    name: 'versions-only-grow',
    shows: [2],
    breaks: 'a write is saved also on top of a version that came meanwhile',
    file: table,
    find: `WHERE id = ? AND version = ?`,
    replace: `WHERE id = ? AND version >= ?`,
    rules: ['versions go up by one', 'legal states', 'every change is told', 'an answer is true'],
  },
  {
    name: 'late-copies-are-kept',
    shows: 'guard',
    breaks: 'an older version of another service’s record takes the place of a newer one',
    file: table,
    find: `      WHERE excluded.version > version`,
    replace: `      WHERE excluded.version <> version`,
    rules: ['a replica grows newer'],
  },
  {
    name: 'indexes-stay-as-they-were',
    shows: 'guard',
    breaks: 'a change does not reach the columns beside the record, by which it is found',
    file: table,
    find: `      if (after === value(current)) continue;`,
    replace: `      if (changed === 0) continue;`,
    rules: [
      'holds are linearizable',
      'an answer is true',
      'a list is whole',
      'comes to rest',
      'saying again is bounded',
    ],
  },
  {
    name: 'embedded-page-repeats',
    shows: 'guard',
    breaks: 'the next page of a list begins with the last record of the page before',
    file: table,
    find: `FROM ${'$'}{name} WHERE ${'$'}{condition} (created, id) < (?, ?)`,
    replace: `FROM ${'$'}{name} WHERE ${'$'}{condition} (created, id) <= (?, ?)`,
    rules: ['a list is whole'],
  },
  {
    name: 'key-that-is-not-unique',
    shows: [1, 31],
    breaks: 'the file has an index where a unique key was asked for',
    file: columns,
    find: `['UNIQUE INDEX', column]`,
    replace: `['INDEX', column]`,
    rules: ['one order a ticket', 'one account an address'],
  },
  {
    name: 'alarm-ends-when-it-rings',
    shows: 'guard',
    breaks: 'an alarm is gone before what its handler says is saved',
    file: timers,
    find: `    try {
      await this.#store.unit(`,
    replace: `    try {
      this.#store.sql('DELETE FROM timers WHERE service = ? AND key = ?').run(this.#service, key);
      await this.#store.unit(`,
    rules: ['an alarm that rang is said'],
  },
  {
    name: 'failed-alarms-are-dropped',
    shows: 'guard',
    breaks: 'an alarm whose handler failed does not ring again',
    file: timers,
    find: `.sql('UPDATE timers SET at = ? WHERE service = ? AND key = ? AND at = ?')
          .run(this.#clock.now() + RING_AGAIN_MS, this.#service, key, at);`,
    replace: `.sql('DELETE FROM timers WHERE service = ? AND key = ? AND at = ?')
          .run(this.#service, key, at);`,
    rules: ['an alarm that rang is said'],
  },
  {
    name: 'new-alarms-wake-nobody',
    shows: 'guard',
    breaks: 'an alarm that is set while none is due rings only after a restart',
    file: timers,
    find: `    this.#wake(this.#setAt);
`,
    replace: ``,
    rules: ['an order ends in time', 'comes to rest'],
  },
];

export const ofEmbedded: Mutant[] = mutants.map((mutant) => ({ ...mutant, platform: 'embedded' }));
