import type { Timers } from '@fairseat/common/ports';
import { RING_AGAIN_MS } from '../delivery.ts';
import { type Environment, type Work, works } from './environment.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';
import type { Wire } from './wire.ts';

interface Alarm {
  key: string;
  at: number;
}

type Ring = (key: string) => Promise<void>;

/** The longest delay until an alarm fires once more. */
const TWICE_MS = 10_000;

/** The alarms of one service, whichever process set them. Each fires in one of its living processes. */
export class Alarms {
  readonly #service: string;
  readonly #environment: Environment;
  readonly #alarms = new Map<string, Alarm>();
  readonly #ringers = new Map<Member, Ring>();
  /** Due alarms that wait for a living process. */
  readonly #waiting: Alarm[] = [];
  /** Numbers the firings of alarms, since those of one alarm may overlap. */
  #rings = 0;

  constructor(service: string, environment: Environment) {
    this.#service = service;
    this.#environment = environment;
  }

  /** True when no alarm is firing or due. */
  get isQuiet() {
    const { nowMs } = this.#environment.queue;
    for (const { at } of this.#alarms.values()) if (at <= nowMs) return false;
    return true;
  }

  join(member: Member, ring: Ring) {
    this.#ringers.set(member, ring);
    member.onStart(() => {
      for (const alarm of this.#waiting.splice(0)) this.#ringAfter(0, alarm);
    });
    member.onEnd(() => this.#ringers.delete(member));
  }

  set(key: string, at: number) {
    const alarm = { key, at };
    this.#alarms.set(key, alarm);
    const luck = this.#scope(alarm).next();
    const { weather, queue } = this.#environment;
    const lateMs = luck.between(0, weather.timerLateMs);
    if (lateMs > 0) this.#fault('alarm late', key);
    this.#ringAfter(Math.max(0, Math.ceil(at - queue.nowMs)) + lateMs, alarm, luck);
  }

  drop(key: string) {
    this.#alarms.delete(key);
  }

  lose() {
    this.#alarms.clear();
  }

  #ringAfter(delayMs: number, alarm: Alarm, luck = this.#scope(alarm).next()) {
    this.#environment.after(delayMs, luck, () => {
      // The alarm may have been moved or dropped meanwhile.
      if (this.#alarms.get(alarm.key) === alarm) this.#ring(alarm);
    });
  }

  #ring(alarm: Alarm) {
    const { queue } = this.#environment;
    const backAt = this.#environment.outageUntil('timers', this.#service);
    if (backAt !== undefined) {
      this.#ringAfter(backAt - queue.nowMs + 1, alarm);
      return;
    }
    const luck = this.#scope(alarm).next();
    const ready = [...this.#ringers.keys()].filter((member) => member.isReady);
    const reached = ready.filter(({ name }) => !this.#environment.cutUntil('timers', name));
    const member = reached[luck.between(0, reached.length - 1)];
    if (member) this.#hand(alarm, member, luck);
    else if (ready.length > 0) this.#ringAfter(RING_AGAIN_MS, alarm);
    else this.#waiting.push(alarm);
  }

  #hand(alarm: Alarm, member: Member, luck: Luck) {
    const { weather, timing } = this.#environment;
    const { key, at: dueAt } = alarm;
    const againMs = luck.between(1, timing.ackWaitMs);
    const isTwice = luck.chance(weather.timerTwice);
    const twiceMs = luck.between(1, TWICE_MS);
    const endMs = this.#environment.tripMs(luck);
    const caller = { process: member.name, story: undefined };
    const about = { service: this.#service, key, ring: ++this.#rings };
    this.#environment.tell(caller, { kind: 'alarm', ...about, dueAt });
    const end = member.begin(() => this.#ringAfter(againMs, alarm));
    const handled = () => {
      if (!end()) return;
      this.#environment.tell(caller, { kind: 'rung', ...about });
      if (isTwice) {
        this.#fault('alarm twice', key);
        this.#environment.after(twiceMs, luck, () => this.#ring(alarm));
      }
      this.#environment.after(endMs, luck, () => {
        if (this.#alarms.get(key) === alarm) this.#alarms.delete(key);
      });
    };
    const work: Work = {
      scope: this.#scope(alarm).child('work'),
      callsLeft: Number.POSITIVE_INFINITY,
      isZombie: false,
      isStopped: false,
    };
    works
      .run(work, async () => {
        if (member.isPaused) await new Promise<void>((resolve) => member.whenAwake(resolve));
        return this.#ringers.get(member)?.(key);
      })
      .then(handled, () => end() && this.#ringAfter(RING_AGAIN_MS, alarm));
  }

  #scope({ key }: Alarm) {
    return this.#environment.scopes.of(`alarm ${this.#service} ${key}`);
  }

  #fault(what: 'alarm late' | 'alarm twice', key: string) {
    this.#environment.fault({ process: 'timers', story: undefined }, what, key);
  }
}

/** One process' access to its service's alarms. */
export function createTimers(wire: Wire, member: Member, service: string, alarms: Alarms): Timers {
  const call = (name: string, key: string, act: () => void) =>
    wire.call(
      member,
      { engine: 'timers', owner: service, name: `timers.${name}`, about: key, isWrite: true },
      act,
    );
  return {
    set: (key, at) => call('set', key, () => alarms.set(key, at)),
    drop: (key) => call('drop', key, () => alarms.drop(key)),
    onFire: (handler) => alarms.join(member, handler),
  };
}
