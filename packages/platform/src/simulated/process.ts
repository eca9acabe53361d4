import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent } from '@fairseat/common/events';
import type { Clock } from '@fairseat/common/ports';
import { type Environment, works } from './environment.ts';

interface Watcher {
  listener: (event: AnyEvent) => void;
  onGap: (() => void) | undefined;
  after: number;
}

/** Work that an engine gave it. */
interface Task {
  /** Called when the engine gives it up. */
  onCrash: () => void;
}

/** A running process, as its engines see it. */
export class Member {
  readonly name: string;
  /** The services that run in it. */
  readonly services = new Set<string>();
  readonly watchers = new Set<Watcher>();
  /** The time at which it receives the last event sent to its watchers. */
  watchedMs = 0;
  readonly #environment: Environment;
  #state: 'new' | 'started' | 'closing' | 'ended' = 'new';
  readonly #underWay = new Set<Task>();
  /** Given up by its engine, while the process goes on with it. */
  readonly #givenUp = new Set<Task>();
  #awakeAtMs = 0;
  ownCalls = 0;
  readonly #onStart: (() => void)[] = [];
  readonly #onEnd: (() => void)[] = [];
  #whenDone: (() => void) | undefined;
  #onCrashAtCommit: (() => void) | undefined;
  /** When its watchers are told that they have missed events, if they have. */
  #gapAtMs: number | undefined;

  constructor(name: string, environment: Environment) {
    this.name = name;
    this.#environment = environment;
  }

  get isAlive() {
    return this.#state !== 'ended';
  }

  /** True once it has closed, and not crashed. */
  hasStopped = false;

  /** True while it accepts deliveries and alarms. */
  get isReady() {
    return this.#state === 'started';
  }

  onStart(listener: () => void) {
    this.#onStart.push(listener);
    if (this.isReady) listener();
  }

  onEnd(listener: () => void) {
    this.#onEnd.push(listener);
  }

  start() {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#tell('start');
    for (const listener of this.#onStart) listener();
  }

  /** Accepts nothing new. Resolves once all work under way has ended. */
  async close() {
    if (!this.isAlive) return;
    this.#state = 'closing';
    if (this.#underWay.size + this.#givenUp.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenDone = resolve;
      await promise;
    }
    if (!this.isAlive) return;
    if (this.ownCalls > 0) {
      const reason = `${this.ownCalls} calls under way`;
      const caller = { process: this.name, story: undefined };
      this.#environment.tell(caller, { kind: 'error', message: 'stopped amid its work', reason });
    }
    this.#end('stop');
    this.hasStopped = true;
  }

  /** Runs none of its code until then, like SIGSTOP. Engines give up what it was doing. */
  pause(untilMs: number) {
    if (!this.isAlive) return;
    this.#awakeAtMs = Math.max(this.#awakeAtMs, untilMs);
    this.#environment.fault({ process: this.name, story: undefined }, 'paused', this.name);
    for (const task of this.#underWay) this.#giveUpLater(task);
  }

  get isPaused() {
    return this.#environment.queue.nowMs < this.#awakeAtMs;
  }

  /** Does work now, or when the pause is over. */
  whenAwake(work: () => void) {
    if (!this.isPaused) return work();
    this.#environment.queue.at(this.#awakeAtMs, 0, () => this.whenAwake(work));
  }

  #giveUpLater(task: Task) {
    const { queue, timing } = this.#environment;
    queue.at(queue.nowMs + timing.ackWaitMs / 2, 0, () => {
      if (!this.isAlive || !this.isPaused || !this.#underWay.delete(task)) return;
      this.#givenUp.add(task);
      task.onCrash();
    });
  }

  /** Ends it at once: none of its code runs again. */
  crash() {
    if (!this.isAlive) return;
    this.#end('crash');
    for (const { onCrash } of this.#underWay) onCrash();
    this.#underWay.clear();
  }

  /** True when it is to die in its next commit. */
  get isDoomed() {
    return this.#onCrashAtCommit !== undefined;
  }

  crashAtCommit(onCrash: () => void) {
    this.#onCrashAtCommit = onCrash;
    return () => {
      this.#onCrashAtCommit = undefined;
    };
  }

  /** Called by the engine in the middle of that commit. */
  crashInCommit() {
    this.crash();
    this.#onCrashAtCommit?.();
  }

  /** Begins work for an engine. Call the returned function at its end: false means that the engine had given it up. */
  begin(onCrash: () => void): () => boolean {
    const task = { onCrash };
    this.#underWay.add(task);
    if (this.isPaused) this.#giveUpLater(task);
    return () => this.#finish(task);
  }

  #finish(task: Task): boolean {
    const wasUnderWay = this.#underWay.delete(task);
    this.#givenUp.delete(task);
    if (this.#underWay.size + this.#givenUp.size === 0) this.#whenDone?.();
    return wasUnderWay;
  }

  hear(event: AnyEvent, number: number) {
    this.whenAwake(() => {
      if (!this.isAlive) return;
      for (const { listener, after } of this.watchers) if (number > after) listener(event);
    });
  }

  /** Its watchers have missed an event, and are told so at that time, unless one is told before. */
  misses(tellAtMs: number) {
    if (![...this.watchers].some(({ onGap }) => onGap)) return;
    if (this.#gapAtMs !== undefined) return;
    this.#gapAtMs = tellAtMs;
    this.#environment.queue.at(tellAtMs, 0, () =>
      this.whenAwake(() => {
        this.#gapAtMs = undefined;
        if (this.isAlive) for (const { onGap } of this.watchers) onGap?.();
      }),
    );
  }

  #end(kind: 'stop' | 'crash') {
    this.#state = 'ended';
    this.#tell(kind);
    for (const listener of this.#onEnd) listener();
  }

  #tell(kind: 'start' | 'stop' | 'crash') {
    this.#environment.tell({ process: this.name, story: undefined }, { kind });
  }
}

/** The error of a clock in milliseconds, which may change with the (true) time. */
export type Skew = number | ((nowMs: number) => number);

/**
 * The clock of this process: virtual time, off by its skew. Its durations are true, as they are measured by a clock
 * that nobody sets.
 */
export function createClock(member: Member, skewMs: Skew, environment: Environment): Clock {
  const { queue, scopes } = environment;
  const skew = typeof skewMs === 'number' ? () => skewMs : skewMs;
  return {
    now: () => queue.nowMs + Math.round(skew(queue.nowMs)),
    monotonic: () => queue.nowMs,
    after(delayMs, callback) {
      const work = works.getStore();
      const scope = environment.currentScope();
      const luck = (scope ?? scopes.of(member.name)).next();
      const inContext = scope ? AsyncLocalStorage.bind(callback) : callback;
      let isCancelled = false;
      const call = () => {
        if (!isCancelled && member.isAlive && !work?.isStopped) inContext();
      };
      const cancel = environment.after(Math.ceil(delayMs), luck, () => member.whenAwake(call));
      return () => {
        isCancelled = true;
        cancel();
      };
    },
  };
}

/** Ids begin with the time, as on the real platforms. */
export function createNewId(clock: Clock, name: string, environment: Environment): () => string {
  const hex = (bits: number) => bits.toString(16).padStart(8, '0');
  return () => {
    const luck = (environment.currentScope() ?? environment.scopes.of(name)).next();
    const random = hex(luck.bits()) + hex(luck.bits()) + hex(luck.bits());
    return clock.now().toString(16).padStart(12, '0') + random.slice(0, 20);
  };
}
