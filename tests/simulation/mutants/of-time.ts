/** Bugs that show only over months: in upgrades, restores, a lost bus and forgotten events. */
import type { Mutant } from './mutant.ts';

const kept = 'packages/platform/src/simulated/kept.ts';
const group = 'packages/platform/src/simulated/group.ts';
const bus = 'packages/platform/src/simulated/bus.ts';
const wentBack = 'packages/platform/src/simulated/went-back.ts';
const records = 'packages/common/src/kit/decide/records.ts';
const restore = 'packages/common/src/kit/decide/restore.ts';

const ofMonths: Omit<Mutant, 'troubles'>[] = [
  {
    name: 'old-version-acknowledges',
    shows: [46],
    breaks: 'an event that went to a version without a handler for it counts as handled',
    file: group,
    find: `      return member.isReady && handler ? [{ member, handler }] : [];`,
    replace: `      return member.isReady ? [{ member, handler: handler ?? (async () => {}) }] : [];`,
    rules: ['comes to rest', 'what is handled has taken effect'],
  },
  {
    name: 'upcast-is-not-applied',
    shows: [52],
    breaks: 'a record that an older version wrote is read as it was written',
    file: 'packages/platform/src/definition.ts',
    find: `    upcast && writtenAs < current ? upcast(record, writtenAs) : (record as R);`,
    replace: `    upcast && writtenAs > current ? upcast(record, writtenAs) : (record as R);`,
    rules: ['no unexpected error', 'a record is read as it is now'],
  },
  {
    name: 'backfill-is-skipped',
    shows: [51],
    breaks: 'what is new in a definition is not filled for the records that are there',
    file: 'packages/platform/src/simulated/saved-records.ts',
    find: `    for (const id of this.all.keys()) this.#take(this.get(id) as R);`,
    replace: ``,
    rules: ['a query misses nothing'],
  },
  {
    name: 'new-reasons-are-not-read',
    shows: [48],
    breaks: 'a value that a newer release added to an enum is refused by older ones',
    file: 'packages/common/src/events.ts',
    find: `definitionOf(type).readEnvelope, value) as AnyEvent;`,
    replace: `definitionOf(type).envelope, value) as AnyEvent;`,
    rules: ['handlers do not fail', 'no dead letters'],
  },
  {
    name: 'restored-versions-repeat',
    shows: [50],
    breaks: 'what a restored database takes back has the version that was published',
    file: records,
    find: `const version = Math.max(event.version + 1, clock.now());`,
    replace: `const { version } = event;`,
    rules: ['versions never repeat'],
  },
  {
    name: 'restored-database-takes-nothing-back',
    shows: [50],
    breaks: 'a restored database keeps to what it has, whatever it published',
    file: restore,
    find: `  isLost: (event) => records.isLost(event),
  async takeBack`,
    replace: `  isLost: async () => false,
  async takeBack`,
    rules: ['versions never repeat', 'comes to rest', 'handlers do not fail'],
  },
  {
    name: 'restored-service-receives-nothing-again',
    shows: [50],
    breaks: 'events that were handled after the backup are not delivered again',
    file: wentBack,
    find: `    this.#receiveAgain(service);`,
    replace: ``,
    rules: ['comes to rest', 'a session ends everywhere', 'an answer is true'],
  },
  {
    name: 'the-other-replica-is-not-seen',
    shows: 'guard',
    breaks: 'what another replica took back counts as lost',
    file: restore,
    find: `const still = failed.filter((_, n) => isLost[n]);`,
    replace: `const still = failed.filter((_, n) => isLost[n] !== undefined);`,
    rules: ['no unexpected error'],
  },
  {
    name: 'lost-bus-is-not-said-again',
    shows: 'guard',
    breaks: 'nobody says again what a lost bus had',
    file: bus,
    find: `    this.sayAgain.askAll();`,
    replace: ``,
    rules: ['comes to rest'],
  },
  {
    name: 'newcomer-is-not-served',
    shows: [53],
    breaks: 'a group that joins after events were forgotten has only what is left',
    file: bus,
    find: `    for (const service of gone) this.sayAgain.ask(service);`,
    replace: ``,
    rules: ['comes to rest'],
  },
  {
    name: 'lock-is-not-said-again',
    shows: [53],
    breaks: 'a held ticket is left out when everything is said again',
    file: 'services/tickets/ticket.ts',
    find: `  return orderId && sayAgainAt ? [{ type: 'ticket.reserved', orderId, sayAgainAt }] : [];`,
    replace: `  return [];`,
    rules: ['comes to rest', 'every change is told'],
  },
  {
    name: 'trimmed-behind-the-fastest',
    shows: [55],
    breaks: 'events are forgotten that a slower group has not handled',
    file: bus,
    find: `groups.some((group) => group.needs(event))`,
    replace: `groups.every((group) => group.needs(event))`,
    rules: ['comes to rest'],
  },
  {
    name: 'lost-stream-counts-as-whole',
    shows: [53],
    breaks: 'a stream whose first events are forgotten counts as whole',
    file: kept,
    find: `this.#last + 1) === 1;`,
    replace: `this.#last + 1) >= 1;`,
    rules: ['comes to rest'],
  },
];

export const ofTime: Mutant[] = ofMonths.map((mutant) => ({ ...mutant, troubles: 'time' }));
