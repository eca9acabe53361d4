import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyEvent } from '@fairseat/common/events';
import type { Clock } from '@fairseat/common/ports';
import { type Environment, works } from './environment.ts';

/** A running process, as its engines see it. */
export class Member {
  readonly name: string;
  /** The services that run in it. */
  readonly services = new Set<string>();
  readonly watchers = new Set<{ listener: (event: AnyEvent) => void; after: number }>();
  /** The time at which it receives the last event sent to its watchers. */
  watchedMs = 0;
  readonly #environment: Environment;
  #state: 'new' | 'started' | 'closing' | 'ended' = 'new';
  readonly #underWay = new Set<{ onCrash: () => void }>();
  readonly #onStart: (() => void)[] = [];
  readonly #onEnd: (() => void)[] = [];
  #whenDone: (() => void) | undefined;
  #onCrashAtCommit: (() => void) | undefined;

  constructor(name: string, environment: Environment) {
    this.name = name;
    this.#environment = environment;
  }

  get isAlive() {
    return this.#state !== 'ended';
  }

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
    if (this.#underWay.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenDone = resolve;
      await promise;
    }
    if (this.isAlive) this.#end('stop');
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
    return () => {
      const wasUnderWay = this.#underWay.delete(task);
      if (this.#underWay.size === 0) this.#whenDone?.();
      return wasUnderWay;
    };
  }

  hear(event: AnyEvent, number: number) {
    if (!this.isAlive) return;
    for (const { listener, after } of this.watchers) if (number > after) listener(event);
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

/** The clock of this process: virtual time, off by its skew. */
export function createClock(member: Member, skewMs: number, environment: Environment): Clock {
  const { queue, scopes } = environment;
  return {
    now: () => queue.nowMs + skewMs,
    after(delayMs, callback) {
      const work = works.getStore();
      const scope = environment.currentScope();
      const luck = (scope ?? scopes.of(member.name)).next();
      const inContext = scope ? AsyncLocalStorage.bind(callback) : callback;
      return environment.after(Math.ceil(delayMs), luck, () => {
        if (member.isAlive && !work?.isStopped) inContext();
      });
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
