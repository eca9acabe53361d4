import { type AnyEvent, parseNewEvent, publisherOf } from '@fairseat/common/events';
import type { Bus, DeadLetter, Handlers, PublishedState } from '@fairseat/common/ports';
import { MAX_DEAD_LETTERS } from '../delivery.ts';
import type { Environment } from './environment.ts';
import { Group } from './group.ts';
import { Kept } from './kept.ts';
import { LogReader } from './log-reader.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';
import { SayAgain } from './say-again.ts';
import { asBytes } from './table.ts';
import { WentBack } from './went-back.ts';
import type { Wire } from './wire.ts';

/** The time until a process notices that it has missed watched events. */
const GAP_TOLD_MS = 1000;

/** An event that is saved with its record but not on the bus yet. */
interface Parcel {
  service: string;
  event: AnyEvent;
}

/** The bus that all processes share: every event ever published, what is kept of them, and the state of each group. */
export class Log {
  readonly events: AnyEvent[] = [];
  readonly kept = new Kept();
  readonly reader = new LogReader(this.events, this.kept);
  readonly sayAgain: SayAgain;
  readonly wentBack: WentBack;
  readonly #unsent = new Set<Parcel>();
  readonly #environment: Environment;
  readonly #groups = new Map<string, Group>();
  readonly #members = new Set<Member>();
  /** Relays of events whose service has no living process. */
  readonly #stranded: (() => void)[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
    this.sayAgain = new SayAgain(environment);
    this.wentBack = new WentBack(this.kept, (name) => {
      this.group(name).beginAnew(this.kept.events);
    });
  }

  get isQuiet() {
    const isHandled = [...this.#groups.values()].every(({ backlog }) => backlog === 0);
    return this.#unsent.size === 0 && isHandled && this.sayAgain.isQuiet;
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
    const group = new Group(name, this.#environment, (event) => this.kept.has(event));
    this.#groups.set(name, group);
    return group;
  }

  consume(member: Member, name: string, handlers: Handlers) {
    const group = this.group(name);
    const added = group.join(member, handlers);
    if (added.length === 0) return;
    for (const event of this.kept.events) if (added.includes(event.type)) group.accept(event);
    const gone = new Set(added.map(publisherOf).filter((service) => !this.kept.isWhole(service)));
    for (const service of gone) this.sayAgain.ask(service);
  }

  /** All streams are gone, with all that groups have yet to handle. Their services notice it. */
  lose() {
    this.kept.lose();
    for (const group of this.#groups.values()) group.beginAnew([]);
    this.sayAgain.askAll();
  }

  /** The events of a service that are yet to be sent. */
  unsentOf = (service: string) =>
    [...this.#unsent].filter((parcel) => parcel.service === service).map(({ event }) => event);

  /** Forgets the unsent events of a service but those. Answers the forgotten ones. */
  forgetUnsent(service: string, but: readonly AnyEvent[]): AnyEvent[] {
    const gone = [...this.#unsent].filter(
      (parcel) => parcel.service === service && !but.includes(parcel.event),
    );
    for (const parcel of gone) this.#unsent.delete(parcel);
    return gone.map(({ event }) => event);
  }

  /** Publishes events saved with a record, after a while and while a process of their service lives. */
  relay(service: string, events: readonly AnyEvent[]) {
    for (const event of events) {
      const parcel = { service, event };
      this.#unsent.add(parcel);
      const luck = this.#environment.scopes.of(event.correlationid).child('relay').next();
      this.#relayAfter(this.#environment.tripMs(luck), luck, parcel);
    }
  }

  #relayAfter(delayMs: number, luck: Luck, parcel: Parcel) {
    const { service, event } = parcel;
    this.#environment.after(delayMs, luck, () => {
      if (!this.#unsent.has(parcel)) return;
      const members = [...this.#members].filter(
        (member) => member.isReady && member.services.has(service),
      );
      const isManned = members.length > 0;
      const awayUntil = this.#environment.outageUntil('bus', service, { isWrite: true });
      const backAt = awayUntil ?? this.#reachedAt(members);
      const again = () => this.#relayAfter(0, luck, parcel);
      if (!isManned) this.#stranded.push(again);
      else if (backAt !== undefined) {
        // Where all are cut off, one that starts meanwhile may reach it sooner.
        if (awayUntil === undefined) this.#stranded.push(again);
        this.#relayAfter(backAt - this.#environment.queue.nowMs + 1, luck, parcel);
      } else {
        this.#unsent.delete(parcel);
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
    const { queue, timing } = this.#environment;
    this.events.push(event);
    this.kept.add(event, queue.nowMs);
    if (timing.eventsKeptMs !== undefined) this.#trim(queue.nowMs - timing.eventsKeptMs);
    for (const group of this.#groups.values()) group.accept(event);
    this.reader.tell();
    this.#show(event);
  }

  #trim(keptFromMs: number) {
    const groups = [...this.#groups.values()];
    this.kept.trim(keptFromMs, (event) => groups.some((group) => group.needs(event)));
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

  onLoss(service: string, sayAgain: () => Promise<void>) {
    this.#log.sayAgain.add(this.#member, service, sayAgain);
  }

  onRestore(service: string, state: PublishedState) {
    this.#log.wentBack.add(this.#member, service, state);
  }

  /** A database that goes back here is always noticed. */
  async restored() {}

  deadLetters = () =>
    this.#read('bus.deadLetters', () => this.#log.deadLetters.slice(0, MAX_DEAD_LETTERS));

  backlog = () => this.#read('bus.backlog', () => this.#log.backlog);

  #read<T>(name: string, act: () => T): Promise<T> {
    const call = { engine: 'bus', owner: '', name, about: '', isWrite: false } as const;
    return this.#wire.call(this.#member, call, act);
  }
}
