import { currentStory } from '@fairseat/common/context';
import type { AnyEvent } from '@fairseat/common/events';
import type { Bus, Delivery, Handlers, Stored, Table, Timers } from '@fairseat/common/ports';
import type { Drive } from './disk.ts';
import type { Disturbance } from './disturbance.ts';
import type { Happening } from './history.ts';
import type { Told } from './told.ts';

type Handler = (event: AnyEvent, delivery: Delivery) => Promise<void>;

/** Sits between a process' services and its platform: records happenings that leave no row, and disturbs handlers. */
export class Tap {
  readonly #told: Told;
  readonly #drive: Drive;
  readonly #disturbance: Disturbance;

  constructor(told: Told, drive: Drive, disturbance: Disturbance) {
    this.#told = told;
    this.#drive = drive;
    this.#disturbance = disturbance;
  }

  table<R extends Stored>(name: string, table: Table<R>): Table<R> {
    const writes = (record: R) => this.#told.writes(name, record, currentStory()?.correlationId);
    return {
      get: (...asked) => table.get(...asked),
      getByKey: (key, value) => table.getByKey(key, value),
      find: (query) => table.find(query),
      walk: (behind, limit) => table.walk(behind, limit),
      due: (index, upTo, limit) => table.due(index, upTo, limit),
      insert(record, events) {
        writes(record);
        return table.insert(record, events);
      },
      replace(current, next, events) {
        writes(next);
        return table.replace(current, next, events);
      },
      keepNewest(record) {
        writes(record);
        return table.keepNewest(record);
      },
    };
  }

  bus(bus: Bus): Bus {
    return {
      consume: (group, handlers) => {
        const entries = Object.entries(handlers as Record<string, Handler>);
        this.#told.groups.set(group, new Set(Object.keys(handlers)));
        const handled = entries.map(([type, handler]) => [type, this.#handler(group, handler)]);
        bus.consume(group, Object.fromEntries(handled) as Handlers);
      },
      publish: (event) => bus.publish(event),
      watch: (...listeners) => bus.watch(...listeners),
      onRestore: (service, state) => bus.onRestore(service, state),
      restored: (service, state) => bus.restored(service, state),
      onLoss: (service, sayAgain) => bus.onLoss(service, sayAgain),
      deadLetters: () => bus.deadLetters(),
      backlog: () => bus.backlog(),
    };
  }

  #handler(group: string, handler: Handler): Handler {
    return async (event, delivery) => {
      const { attempt } = delivery;
      const tell = (happening: Happening) =>
        this.#drive.note({ happening, story: event.correlationid });
      const { before, after } = this.#disturbance.ofDelivery(event, group);
      await before();
      this.#told.delivers(group, event, attempt);
      tell({ kind: 'deliver', event, group, attempt });
      try {
        await handler(event, delivery);
        await after();
      } catch (error) {
        // An event handed out before its commit may never be saved: then its handler may well fail.
        const isReal = this.#drive.isInTransaction || this.#told.isSaved(event);
        const reason = isReal ? String(error) : 'nothing was heard of it: it was never saved';
        tell({ kind: 'redeliver', event, group, attempt, reason, afterMs: 0 });
        throw error;
      }
    };
  }

  timers(service: string, timers: Timers): Timers {
    return {
      set: (key, at) => timers.set(key, at),
      drop: (key) => {
        this.#drive.note(this.#told.drops(service, key));
        return timers.drop(key);
      },
      onFire: (handler) =>
        timers.onFire(async (key) => {
          const { before, after } = this.#disturbance.ofAlarm(service, key);
          this.#drive.note({ happening: this.#told.rings(service, key), story: undefined });
          await before();
          await handler(key);
          await after();
        }),
    };
  }
}
