import { type AnyEvent, parseNewEvent } from '@fairseat/common/events';
import type { Bus, DeadLetter, Handlers } from '@fairseat/common/ports';
import { MAX_DEAD_LETTERS } from '../delivery.ts';
import type { Environment } from './environment.ts';
import { Group } from './group.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';
import { asBytes } from './table.ts';
import type { Wire } from './wire.ts';

/** The time until a process notices that it has missed watched events. */
const GAP_TOLD_MS = 1000;

/** The bus that all processes share: every event ever published, and the state of each group. */
export class Log {
  readonly events: AnyEvent[] = [];
  /** The number of events that are saved with their records but not on the bus yet. */
  unsent = 0;
  readonly #environment: Environment;
  readonly #groups = new Map<string, Group>();
  readonly #members = new Set<Member>();
  /** Relays of events whose service has no living process. */
  readonly #stranded: (() => void)[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get isQuiet() {
    return this.unsent === 0 && [...this.#groups.values()].every(({ backlog }) => backlog === 0);
  }

  get deadLetters(): DeadLetter[] {
    return [...this.#groups.values()].flatMap(({ dead }) => dead);
  }

  get backlog() {
    return [...this.#groups.values()].map(({ name, backlog, dead }) => ({
      group: name,
      events: backlog,
      dead: dead.length,
    }));
  }

  join(member: Member) {
    this.#members.add(member);
    member.onStart(() => {
      for (const relay of this.#stranded.splice(0)) relay();
    });
    member.onEnd(() => this.#members.delete(member));
  }

  group(name: string): Group {
    const known = this.#groups.get(name);
    if (known) return known;
    const group = new Group(name, this.#environment);
    this.#groups.set(name, group);
    return group;
  }

  consume(member: Member, name: string, handlers: Handlers) {
    const isNew = !this.#groups.has(name);
    const group = this.group(name);
    group.join(member, handlers);
    if (isNew) for (const event of this.events) group.accept(event);
  }

  /** Publishes events saved with a record, after a while and while a process of their service lives. */
  relay(service: string, events: readonly AnyEvent[]) {
    for (const event of events) {
      this.unsent += 1;
      const luck = this.#environment.scopes.of(event.correlationid).child('relay').next();
      this.#relayAfter(this.#environment.tripMs(luck), luck, service, event);
    }
  }

  #relayAfter(delayMs: number, luck: Luck, service: string, event: AnyEvent) {
    this.#environment.after(delayMs, luck, () => {
      const members = [...this.#members].filter(
        (member) => member.isReady && member.services.has(service),
      );
      const isManned = members.length > 0;
      const backAt =
        this.#environment.outageUntil('bus', service, { isWrite: true }) ??
        this.#reachedAt(members);
      if (!isManned) this.#stranded.push(() => this.#relayAfter(0, luck, service, event));
      else if (backAt !== undefined) {
        this.#relayAfter(backAt - this.#environment.queue.nowMs + 1, luck, service, event);
      } else {
        this.unsent -= 1;
        this.put(event);
      }
    });
  }

  /** Returns the time at which one of these processes reaches the bus again, or undefined when one does. */
  #reachedAt(members: Member[]): number | undefined {
    const moments = members.map(({ name }) => this.#environment.cutUntil('bus', name));
    return moments.includes(undefined) ? undefined : Math.min(...(moments as number[]));
  }

  put(event: AnyEvent) {
    this.events.push(event);
    for (const group of this.#groups.values()) group.accept(event);
    this.#show(event);
  }

  /** Passes an event to the watchers. Each process receives events in order, but may miss some. */
  #show(event: AnyEvent) {
    const { weather, queue } = this.#environment;
    const luck = this.#environment.scopes.of(event.correlationid).child(event.type).next();
    const number = this.events.length;
    const audiences = new Map<number, Member[]>();
    for (const member of this.#members) {
      const tripMs = this.#environment.tripMs(luck);
      const cutUntil = this.#environment.cutUntil('bus', member.name);
      const isLost = luck.chance(weather.unavailable) || cutUntil !== undefined;
      if (member.watchers.size === 0) continue;
      if (isLost) {
        member.misses((cutUntil ?? queue.nowMs) + GAP_TOLD_MS);
        const caller = { process: member.name, story: event.correlationid };
        this.#environment.fault(caller, 'watched event lost', event.type);
        continue;
      }
      member.watchedMs = Math.max(member.watchedMs, queue.nowMs + tripMs);
      const audience = audiences.get(member.watchedMs);
      if (audience) audience.push(member);
      else audiences.set(member.watchedMs, [member]);
    }
    for (const [atMs, members] of audiences) {
      queue.at(atMs, luck.next(), () => {
        for (const member of members) member.hear(event, number);
      });
    }
  }
}

/** One process' access to the bus. */
export class SimulatedBus implements Bus {
  readonly #wire: Wire;
  readonly #log: Log;
  readonly #member: Member;
  readonly #environment: Environment;

  constructor(wire: Wire, log: Log, member: Member, environment: Environment) {
    this.#wire = wire;
    this.#log = log;
    this.#member = member;
    this.#environment = environment;
  }

  consume(group: string, handlers: Handlers) {
    this.#log.consume(this.#member, group, handlers);
  }

  async publish(event: AnyEvent) {
    const published = asBytes(parseNewEvent(event));
    const call = { name: `bus.publish ${event.type}`, about: event.subject, isWrite: true };
    await this.#wire.call(
      this.#member,
      { engine: 'bus', owner: event.source, ...call },
      (caller) => {
        this.#environment.tell(caller, { kind: 'publish', event: published });
        this.#log.put(published);
      },
    );
  }

  watch(listener: (event: AnyEvent) => void, onGap?: () => void) {
    const watcher = { listener, onGap, after: this.#log.events.length };
    this.#member.watchers.add(watcher);
    return () => {
      this.#member.watchers.delete(watcher);
    };
  }

  /** Never calls back: this bus loses no events. */
  onLoss() {}

  /** Nothing goes back in time here. */
  onRestore() {}
  async restored() {}

  deadLetters = () =>
    this.#read('bus.deadLetters', () => this.#log.deadLetters.slice(0, MAX_DEAD_LETTERS));

  backlog = () => this.#read('bus.backlog', () => this.#log.backlog);

  #read<T>(name: string, act: () => T): Promise<T> {
    const call = { engine: 'bus', owner: '', name, about: '', isWrite: false } as const;
    return this.#wire.call(this.#member, call, act);
  }
}
