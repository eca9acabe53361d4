/** Bugs of the kit that all services share, and of accounts and sessions. */
import type { Mutant } from './mutant.ts';

const records = 'packages/common/src/kit/decide/records.ts';
const mount = 'packages/common/src/kit/process/mount.ts';
const idempotency = 'packages/common/src/kit/decide/idempotency.ts';
const signedIn = 'packages/common/src/kit/http/signed-in.ts';
const repeat = 'packages/common/src/kit/decide/repeat.ts';
const envelope = 'packages/common/src/kit/decide/envelope.ts';

export const ofKit: Mutant[] = [
  {
    name: 'publish-beside-save',
    shows: [21],
    breaks: 'state is saved first and its events are said afterwards, neither awaited nor caught',
    file: mount,
    find: `      const records = new Records({ ...options, newEvent, clock, newId, table: saved });`,
    replace: `      const { insert, replace } = saved;
      const tell = (events: Parameters<typeof insert>[1] = []) => {
        for (const event of events) platform.bus.publish(event).catch(() => {});
      };
      saved.insert = (record, events) => insert.call(saved, record).then(() => tell(events));
      saved.replace = (current, next, events) =>
        replace.call(saved, current, next).then(() => tell(events));
      const records = new Records({ ...options, newEvent, clock, newId, table: saved });`,
    rules: ['every change is told'],
  },
  {
    name: 'publish-before-save',
    shows: [21],
    breaks: 'events are said before the state that they tell of is saved',
    file: mount,
    find: `      const records = new Records({ ...options, newEvent, clock, newId, table: saved });`,
    replace: `      const { insert, replace } = saved;
      const tell = async (events: Parameters<typeof insert>[1] = []) => {
        for (const event of events) await platform.bus.publish(event);
      };
      saved.insert = (record, events) => tell(events).then(() => insert.call(saved, record));
      saved.replace = (current, next, events) =>
        tell(events).then(() => replace.call(saved, current, next));
      const records = new Records({ ...options, newEvent, clock, newId, table: saved });`,
    rules: ['every change is told', 'a replica grows newer', 'what is said is saved'],
  },
  {
    name: 'new-records-are-not-told',
    shows: [25],
    breaks: 'a new record is saved without its event',
    file: records,
    find: `insert(record, this.#events(record, facts));`,
    replace: `insert(record);`,
    rules: ['every change is told'],
  },
  {
    name: 'events-tell-the-state-before',
    shows: [25],
    breaks: 'an event carries the record as it was before the change',
    file: records,
    find: `const events = this.#events(next, facts);`,
    replace: `const events = this.#events({ ...current, version: next.version }, facts);`,
    rules: ['an event tells the truth', 'no unexpected', 'handlers do not fail'],
  },
  {
    name: 'events-are-cast',
    shows: [28],
    breaks: 'events leave with whatever the record holds, its secrets too',
    file: envelope,
    find: `data: parseEventData(type, data),`,
    replace: `data: (parseEventData(type, data), data),`,
    rules: ['an event tells no more than it may'],
  },
  {
    name: 'decided-once',
    shows: 'guard',
    breaks: 'after a lost race the decision on the old state is saved on the new one',
    file: records,
    find: `    for (let attempt = 1; ; attempt++) {
      // A read that lags would lose to the same write again.
      const found = await this.#options.table.get(id, { latest: attempt > 1 });
      const current = found ?? this.#options.initial?.(id);
      if (current === undefined) throw notFound(this.#options.noun);
      const facts = decide(current);`,
    replace: `    let facts: F[] | undefined;
    for (let attempt = 1; ; attempt++) {
      // A read that lags would lose to the same write again.
      const found = await this.#options.table.get(id, { latest: attempt > 1 });
      const current = found ?? this.#options.initial?.(id);
      if (current === undefined) throw notFound(this.#options.noun);
      facts ??= decide(current);`,
    rules: [
      'legal states',
      'every change is told',
      'a lock',
      'an end stays',
      'a charge stays',
      'an order',
    ],
  },
  {
    name: 'no-version-check',
    shows: 'guard',
    breaks: 'a write lost against another is saved all the same, over what the other wrote',
    file: records,
    find: `    else await this.#options.table.replace(current, next, events);`,
    replace: `    else {
      const latest = (await this.get(next.id)) ?? current;
      await this.#options.table.replace(latest, next, events);
    }`,
    rules: ['versions go up by one', 'legal states', 'every change is told'],
  },
  {
    name: 'lost-race-is-not-tried-again',
    shows: 'guard',
    breaks: 'who loses a race against another writer gives up at once',
    file: records,
    find: `const MAX_ATTEMPTS = 250;`,
    replace: `const MAX_ATTEMPTS = 1;`,
    rules: ['no unexpected error', 'handlers do not fail', 'an answer is true: unavailable'],
  },
  {
    name: 'idempotency-key-ignored',
    shows: 'guard',
    breaks: 'a request that comes twice with its key is done twice',
    file: idempotency,
    find: `if (key === undefined) return`,
    replace: `if (key === undefined || key.length > 0) return`,
    rules: ['a key is one request'],
  },
  {
    name: 'key-without-its-body',
    shows: [40],
    breaks: 'a key that comes again with another body answers the first request',
    file: idempotency,
    find: `if (record.requestHash === identity.requestHash) return record;`,
    replace: `return record;`,
    rules: ['a key is one request', 'an answer is true'],
  },
  {
    name: 'key-shared-by-all',
    shows: 'guard',
    breaks: 'the same key of two people is taken for one request',
    file: idempotency,
    find: `sha256([userId, request.routeOptions.url, key])`,
    replace: `sha256([request.routeOptions.url, key])`,
    rules: ['a key is one request', 'an answer is true'],
  },
  {
    name: 'double-click-refuses-itself',
    shows: 'guard',
    breaks: 'a request that comes twice at once is refused because of itself',
    file: idempotency,
    find: `    if (meanwhile) return sameRequest(meanwhile, identity);
    throw error;`,
    replace: `    if (meanwhile && identity.id === '') return sameRequest(meanwhile, identity);
    throw error;`,
    rules: ['a key is one request', 'no unexpected error'],
  },
  {
    name: 'ended-sessions-go-on',
    shows: [29],
    breaks: 'a session is good for a week, signed out or not',
    file: signedIn,
    find: `if (session && !(await endedSessions.get(session.sessionId))) return session;`,
    replace: `if (session && endedSessions) return session;`,
    rules: ['a session ends everywhere'],
  },
  {
    name: 'session-ends-at-auth-alone',
    shows: [29],
    breaks: 'the other services do not hear that somebody signed out',
    file: mount,
    find: `handlersOf(parts, ended)`,
    replace: `handlersOf(service.name === 'auth' ? parts : { handlers: parts.handlers ?? {} }, ended)`,
    rules: ['a session ends everywhere'],
  },
  {
    name: 'sweep-ends-with-its-first-failure',
    shows: 'guard',
    breaks: 'periodic work that failed once never runs again',
    file: repeat,
    find: `      .catch((error) => log.error({ err: error, task: task.name }, 'task failed, will run again'))
      .then(() => {
        if (!stop.signal.aborted) cancel = clock.after(task.intervalMs, tick);
      });`,
    replace: `      .then(() => {
        if (!stop.signal.aborted) cancel = clock.after(task.intervalMs, tick);
      })
      .catch((error) => log.error({ err: error, task: task.name }, 'task failed, will run again'));`,
    rules: ['comes to rest', 'a cancelled order is settled soon'],
  },
  {
    name: 'sign-out-is-not-awaited',
    shows: [22],
    breaks:
      'signing out is answered before the session has ended, and a failure of that is swallowed',
    file: 'services/auth/routes.ts',
    find: `if (session) await endSession(sessions, session, clock.now());`,
    replace: `if (session) endSession(sessions, session, clock.now()).catch(() => {});`,
    rules: ['a session ends everywhere'],
  },
  {
    name: 'two-accounts-of-one-address',
    shows: [31],
    breaks: 'two sign-ups at once make two accounts with one e-mail address',
    file: 'services/auth/service.ts',
    find: `unique: { email: (user) => emailKey(user.email) },`,
    replace: `unique: {},`,
    rules: ['one account an address', 'an answer is true'],
  },
  {
    name: 'letter-case-makes-another-account',
    shows: [31],
    breaks: 'an e-mail address in capitals makes another account',
    file: 'services/auth/user.ts',
    find: `.normalize('NFKC').toLowerCase();`,
    replace: `.normalize('NFKC');`,
    rules: ['one account an address'],
  },
  {
    name: 'any-password-will-do',
    shows: 'guard',
    breaks: 'whoever knows an e-mail address can sign in',
    file: 'services/auth/routes.ts',
    find: `return isRight ? owner : undefined;`,
    replace: `return owner;`,
    rules: ['an answer is true'],
  },
  {
    name: 'first-time-for-all-events',
    shows: 'guard',
    breaks: 'the time of the first event is kept and given to all others',
    file: envelope,
    find: `if (ms !== lastMs) [lastMs, time]`,
    replace: `if (!(lastMs > 0)) [lastMs, time]`,
    rules: ['an event has the time of its write', 'what ends unpaid is noted'],
  },
  {
    name: 'event-times-are-rounded-up',
    shows: 'guard',
    breaks: 'the time of an event is rounded up to a whole second',
    file: envelope,
    find: `time: timeOf(clock.now()),`,
    replace: `time: timeOf(1000 * Math.ceil(clock.now() / 1000)),`,
    rules: ['an event has the time of its write'],
  },
  {
    name: 'changes-keep-their-version',
    shows: 'guard',
    breaks: 'a change is saved under the version that it was made from',
    file: records,
    find: `version: Math.max((current?.version ?? 0) + 1, floor) };`,
    replace: `version: current?.version || 1 };`,
    rules: ['versions go up by one'],
  },
];
