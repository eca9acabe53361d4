import { inStory, storyOf } from '@fairseat/common/context';
import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { DeadLetter, Handlers } from '@fairseat/common/ports';
import { afterError, type Counts, type Handler, handlerOf } from '../delivery.ts';
import { type Environment, type Work, works } from './environment.ts';
import type { Fault, Happening } from './history.ts';
import type { Luck, Scope } from './luck.ts';
import type { Member } from './process.ts';

/** One event on its way to one group. */
interface Letter extends Counts {
  event: AnyEvent;
  scope: Scope;
  attempts: number;
  /** True until it is handled, dead, or no longer this group's concern. */
  isOpen: boolean;
}

/** The pause before the next look for a process, when all are cut from the bus. */
const CUT_AGAIN_MS = 250;
/** The delay of an event whose handler lost against another write. */
const AT_ONCE_MS = 1;
/** About the number of calls that a handler makes. */
const MOST_CALLS = 3;

/** One consumer group: each event is delivered at least once, in any order, to one of its living processes. */
export class Group {
  readonly name: string;
  readonly dead: DeadLetter[] = [];
  readonly #open = new Set<Letter>();
  readonly #environment: Environment;
  readonly #consumers = new Map<Member, Handlers>();
  /** Letters that wait for a living process. */
  readonly #waiting: Letter[] = [];
  /** Letters that found living processes, but none with a handler. */
  readonly #unhandled: Letter[] = [];
  /** All that any version has ever handled. */
  readonly #types = new Set<string>();
  /** Of which types one event is yet to be lost. */
  readonly #toLose = new Set<EventType>();
  /** Whether the bus still has an event. */
  readonly #isKept: (event: AnyEvent) => boolean;

  constructor(name: string, environment: Environment, isKept: (event: AnyEvent) => boolean) {
    this.name = name;
    this.#environment = environment;
    this.#isKept = isKept;
  }

  /** The number of events not handled yet, of those that a living version handles. */
  get backlog() {
    return this.#open.size - this.#unhandled.length;
  }

  needs = (event: AnyEvent) => [...this.#open].some((letter) => letter.event === event);

  /** Answers the types that no version before has handled. */
  join(member: Member, handlers: Handlers): EventType[] {
    const types = Object.keys(handlers) as EventType[];
    const added = types.filter((type) => !this.#types.has(type));
    this.#consumers.set(member, handlers);
    for (const type of added) this.#types.add(type);
    this.#awake(member);
    return added;
  }

  /** Forgets how far it had come, and receives these. */
  beginAnew(events: Iterable<AnyEvent>) {
    for (const letter of this.#open) this.#close(letter);
    this.#waiting.length = 0;
    this.#unhandled.length = 0;
    for (const event of events) this.accept(event);
  }

  /** Delivers what is under way once more, since the effect of what is acknowledged by now may be gone. */
  forgetAcknowledgements() {
    this.beginAnew([...this.#open].map(({ event }) => event));
  }

  #close(letter: Letter) {
    letter.isOpen = false;
    this.#open.delete(letter);
  }

  #awake(member: Member) {
    member.onStart(() => {
      this.#waiting.push(...this.#unhandled.splice(0));
      for (const letter of this.#waiting.splice(0)) this.#deliverAfter(0, letter);
    });
    member.onEnd(() => this.#consumers.delete(member));
  }

  /** Loses the next event of this type, like a dead letter that nobody looks at. The returned function calls it off. */
  lose(type: EventType): () => void {
    this.#toLose.add(type);
    return () => this.#toLose.delete(type);
  }

  accept(event: AnyEvent) {
    if (this.#consumers.size > 0 && !this.#types.has(event.type)) return;
    if (this.#toLose.delete(event.type)) {
      this.#fault(event, 'lost for good');
      return;
    }
    const { weather, scopes } = this.#environment;
    const scope = scopes.of(event.correlationid).child(`${this.name} ${event.type}`);
    const luck = scope.next();
    const delayMs = this.#environment.tripMs(luck);
    const isHeldBack = luck.chance(weather.reorder);
    const heldBackMs = luck.between(0, weather.reorderMs);
    if (isHeldBack) this.#fault(event, 'held back');
    const letter = { event, scope, attempts: 0, failures: 0, conflicts: 0, isOpen: true };
    this.#open.add(letter);
    this.#deliverAfter(delayMs + (isHeldBack ? heldBackMs : 0), letter, luck);
  }

  /** Until somebody starts. Of what no living version handles, nobody has it yet to handle. */
  #wait(letter: Letter) {
    if ([...this.#consumers.keys()].every((member) => !member.isReady)) {
      this.#waiting.push(letter);
      return;
    }
    if (this.#types.has(letter.event.type)) this.#unhandled.push(letter);
    else this.#close(letter);
  }

  #deliverAfter(delayMs: number, letter: Letter, luck = letter.scope.next()) {
    this.#environment.after(delayMs, luck, () => this.#deliver(letter));
  }

  #deliver(letter: Letter) {
    if (!letter.isOpen) return;
    if (!this.#isKept(letter.event)) {
      this.#close(letter);
      return;
    }
    const { queue } = this.#environment;
    const backAt = this.#environment.outageUntil('bus', this.name);
    if (backAt !== undefined) {
      this.#deliverAfter(backAt - queue.nowMs + 1, letter);
      return;
    }
    const luck = letter.scope.next();
    const { type } = letter.event;
    const ready = [...this.#consumers].flatMap(([member, handlers]) => {
      const handler = handlerOf(handlers, type);
      return member.isReady && handler ? [{ member, handler }] : [];
    });
    const reached = ready.filter(({ member }) => !this.#isCut(member));
    const chosen = reached[luck.between(0, reached.length - 1)];
    if (chosen === undefined) {
      if (ready.length === 0) this.#wait(letter);
      else this.#deliverAfter(CUT_AGAIN_MS, letter);
      return;
    }
    const { member, handler } = chosen;
    letter.attempts += 1;
    this.#hand(letter, member, handler, luck);
  }

  #isCut = ({ name }: Member) => this.#environment.cutUntil('bus', name) !== undefined;

  /** Has the event handled. The outcome arrives, or the consumer is taken as dead in the middle of it. */
  #hand(letter: Letter, member: Member, handler: Handler, luck: Luck) {
    const { weather, timing } = this.#environment;
    const { event, attempts: attempt } = letter;
    const isSilent = luck.chance(weather.midHandler);
    const callsLeft = luck.between(0, MOST_CALLS);
    const isZombie = luck.chance(0.5);
    const silentMs = luck.between(1, timing.ackWaitMs);
    const work: Work = {
      scope: letter.scope.child('work'),
      callsLeft: isSilent ? callsLeft : Number.POSITIVE_INFINITY,
      isZombie,
      isStopped: false,
    };
    this.#tell(event, member, { kind: 'deliver', event, group: this.name, attempt });
    const comesAgain = () => this.#again(letter, member, silentMs, 'nothing was heard of it');
    const end = member.begin(comesAgain);
    if (isSilent) {
      this.#fault(event, isZombie ? 'handler goes on as a zombie' : 'handler stopped');
      end();
      comesAgain();
    }
    const handled = async () => {
      if (member.isPaused) await new Promise<void>((resolve) => member.whenAwake(resolve));
      return handler(event, { attempt });
    };
    works
      .run(work, () => inStory(storyOf(event), handled))
      .then(
        () => end() && this.#acknowledged(letter, member, luck),
        (error) => end() && this.#failed(letter, member, error),
      );
  }

  #acknowledged(letter: Letter, member: Member, luck: Luck) {
    const { weather, timing } = this.#environment;
    const { event, attempts: attempt } = letter;
    const tripMs = this.#environment.tripMs(luck);
    const isLost = luck.chance(weather.ackLost) || this.#isCut(member);
    const againMs = luck.between(1, timing.ackWaitMs);
    const isDuplicate = luck.chance(weather.duplicate);
    if (isLost) {
      this.#fault(event, 'acknowledgement lost');
      this.#again(letter, member, againMs, 'its acknowledgement was lost');
      return;
    }
    this.#environment.after(tripMs, luck, () => {
      if (!letter.isOpen) return;
      this.#tell(event, member, { kind: 'handled', event, group: this.name, attempt });
      if (!isDuplicate) {
        this.#close(letter);
        return;
      }
      this.#fault(event, 'duplicate');
      this.#deliverAfter(againMs, letter);
    });
  }

  #failed(letter: Letter, member: Member, error: unknown) {
    if (!letter.isOpen) return;
    const next = afterError(error, letter, this.#environment.timing);
    letter.conflicts = next.conflicts;
    letter.failures = next.failures;
    const reason = String(error);
    if (next.kind === 'dead') this.#bury(letter, member, reason);
    else this.#again(letter, member, next.kind === 'again' ? AT_ONCE_MS : next.forMs, reason);
  }

  #bury(letter: Letter, member: Member, reason: string) {
    const { event, attempts: attempt } = letter;
    const diedAt = new Date(this.#environment.queue.nowMs).toISOString();
    this.#close(letter);
    this.dead.push({ group: this.name, event, reason, diedAt });
    this.#tell(event, member, { kind: 'dead', event, group: this.name, attempt, reason });
  }

  #again(letter: Letter, member: Member, afterMs: number, reason: string) {
    if (!letter.isOpen) return;
    const { event, attempts: attempt } = letter;
    this.#tell(event, member, {
      kind: 'redeliver',
      event,
      group: this.name,
      attempt,
      reason,
      afterMs,
    });
    this.#deliverAfter(afterMs, letter);
  }

  #tell(event: AnyEvent, { name }: { name: string }, happening: Happening) {
    this.#environment.tell({ process: name, story: event.correlationid }, happening);
  }

  #fault(event: AnyEvent, what: Fault) {
    const caller = { process: 'bus', story: event.correlationid };
    this.#environment.fault(caller, what, `${event.type} for ${this.name}`);
  }
}
