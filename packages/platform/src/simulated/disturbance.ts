import { NotYet, Unavailable } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Drive } from './disk.ts';
import type { Environment } from './environment.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';

/** Disturbances before and after the work of a handler. */
interface Around {
  before(): Promise<void>;
  after(): Promise<void>;
}

const STOPS = [
  () => new NotYet('The handler was stopped.'),
  () => new Unavailable('The handler was stopped.'),
  () => new Error('The handler was stopped.'),
];

/** Makes handlers take long, so that much happens meanwhile, or fail after all their work is done. */
export class Disturbance {
  readonly #member: Member;
  readonly #environment: Environment;
  readonly #drive: Drive;

  constructor(member: Member, drive: Drive, environment: Environment) {
    this.#member = member;
    this.#environment = environment;
    this.#drive = drive;
  }

  ofDelivery(event: AnyEvent, group: string): Around {
    const { weather, scopes } = this.#environment;
    const name = `${event.type} for ${group}`;
    const luck = scopes.of(event.correlationid).child(name).next();
    const isHeldBack = luck.chance(weather.reorder);
    const heldBackMs = luck.between(0, weather.reorderMs);
    const isStopped = luck.chance(weather.duplicate);
    const stop = STOPS[luck.between(0, 2)];
    const takesMs = luck.chance(weather.ackLost) ? luck.between(0, weather.slowMs) : 0;
    const fault = (what: 'held back' | 'handler stopped') =>
      this.#drive.note({
        happening: { kind: 'fault', what, where: name },
        story: event.correlationid,
      });
    return {
      before: async () => {
        if (isHeldBack) fault('held back');
        if (isHeldBack) await this.#pause(heldBackMs, luck);
      },
      after: async () => {
        if (takesMs > 0) await this.#pause(takesMs, luck);
        if (isStopped) fault('handler stopped');
        if (isStopped && stop) throw stop();
      },
    };
  }

  ofAlarm(service: string, key: string): Around {
    const { weather, scopes } = this.#environment;
    const luck = scopes.of(`alarm ${service} ${key}`).next();
    const lateMs = luck.between(0, weather.timerLateMs);
    const isTwice = luck.chance(weather.timerTwice);
    const stop = STOPS[luck.between(0, 2)];
    const fault = (what: 'alarm late' | 'alarm twice') =>
      this.#drive.note({ happening: { kind: 'fault', what, where: key }, story: undefined });
    return {
      before: async () => {
        if (lateMs > 0) fault('alarm late');
        if (lateMs > 0) await this.#pause(lateMs, luck);
      },
      after: async () => {
        if (isTwice) fault('alarm twice');
        if (isTwice && stop) throw stop();
      },
    };
  }

  /** Never resolves when its process ends first. */
  #pause(delayMs: number, luck: Luck): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#environment.after(delayMs, luck, () =>
      this.#member.whenAwake(() => {
        if (this.#member.isAlive) resolve();
      }),
    );
    return promise;
  }
}
