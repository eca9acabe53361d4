/** Bugs that a platform could have, on which services and checks rely. */
import type { Mutant } from './mutant.ts';

const bus = 'packages/platform/src/simulated/bus.ts';
const delivery = 'packages/platform/src/delivery.ts';
const find = 'packages/platform/src/find.ts';
const group = 'packages/platform/src/simulated/group.ts';
const saved = 'packages/platform/src/simulated/saved-records.ts';

export const ofPlatform: Mutant[] = [
  {
    name: 'relay-dies-with-its-process',
    shows: [21, 26],
    breaks: 'events that wait to be relayed are gone when their service has no process left',
    file: bus,
    find: `if (!isManned) this.#stranded.push(again);`,
    replace: `if (!isManned) this.#unsent.delete(parcel);`,
    rules: ['what is saved is said'],
  },
  {
    name: 'relay-gives-up-in-an-outage',
    shows: [21, 26],
    breaks: 'events that are saved while the bus is away are never said',
    file: bus,
    find: `        this.#relayAfter(backAt - this.#environment.queue.nowMs + 1, luck, parcel);
      } else {`,
    replace: `        this.#unsent.delete(parcel);
      } else {`,
    rules: ['what is saved is said'],
  },
  {
    name: 'failures-are-acknowledged',
    shows: [22],
    breaks: 'an event whose handler failed counts as handled',
    file: group,
    find: `        (error) => end() && this.#failed(letter, member, error),`,
    replace: `        () => end() && this.#acknowledged(letter, member, luck),`,
    rules: ['what is handled has taken effect', 'comes to rest'],
  },
  {
    name: 'acknowledged-on-arrival',
    shows: [22],
    breaks: 'an event counts as handled as soon as its handler has begun',
    file: group,
    find: `      .run(work, () => inStory(storyOf(event), handled))`,
    replace: `      .run(work, async () => {
        inStory(storyOf(event), handled).catch(() => {});
      })`,
    rules: ['what is handled has taken effect', 'comes to rest'],
  },
  {
    name: 'put-off-counts-as-failed',
    shows: 'guard',
    breaks:
      'an event whose handler asks for it again soon becomes a dead letter when that happens too often',
    file: delivery,
    find: `return { kind: 'defer', forMs: timing.deferMs, conflicts: 0, failures };`,
    replace: `return afterFailure(failures + 1, timing);`,
    rules: ['no dead letters'],
  },
  {
    name: 'writes-are-not-compared',
    shows: 'guard',
    breaks: 'the database saves a write without comparing the version',
    file: saved,
    find: `    if (before?.version !== version)`,
    replace: `    if (before === undefined || before.version < version)`,
    rules: ['versions go up by one', 'legal states', 'every change is told'],
  },
  {
    name: 'unique-keys-are-not-checked',
    shows: [1, 31],
    breaks: 'the database has an index where a unique key was asked for',
    file: saved,
    find: `if (isTaken) throw`,
    replace: `if (isTaken && next.version === 0) throw`,
    rules: ['one order a ticket', 'one account an address'],
  },
  {
    name: 'oldest-copy-is-kept',
    shows: 'guard',
    breaks: 'a replica keeps the first version that it gets of a record',
    file: saved,
    find: `if (before && before.version >= record.version) return false;`,
    replace: `if (before) return false;`,
    rules: ['what is handled has taken effect', 'comes to rest: stale listing'],
  },
  {
    name: 'latest-copy-is-kept',
    shows: 'guard',
    breaks: 'a replica takes what comes last for the newest',
    file: saved,
    find: `if (before && before.version >= record.version) return false;`,
    replace: `if (before && before.version === record.version) return false;`,
    rules: ['a replica grows newer'],
  },
  {
    name: 'page-cursor-skips',
    shows: 'guard',
    breaks: 'the next page of a list begins one record too late',
    file: find,
    find: `this.#last ? cursorBehind(this.#last) : null;`,
    replace: `cursorBehind(record);`,
    rules: ['a list is whole'],
  },
  {
    name: 'pages-have-no-end',
    shows: [35],
    breaks: 'a page holds as many records as there are',
    file: find,
    find: `this.#records.length === this.#limit ||`,
    replace: `this.#records.length === this.#limit * 1000 ||`,
    rules: ['a list is whole'],
  },
];
