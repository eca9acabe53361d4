/** Stops a payment at one of its steps: before or after a save, a call of the gateway, or the handling of an event. */
import { Unavailable } from '@fairseat/common/errors';
import type { Handlers, Platform, Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { changed } from './interleaving.ts';

type Act = (...args: unknown[]) => Promise<unknown>;

const CALLS = ['open', 'confirm', 'capture', 'find', 'cancel', 'refund'] as const;
const SAVES = ['insert', 'replace'] as const;

/** What happens to the step at which it stops: it goes on, or its call of the gateway fails as if the line were cut. */
export type Cut = 'goes on' | 'fails';

export class Steps {
  /** The names of all steps so far, since `from`. */
  names: string[] = [];
  #isCounting = false;
  #stopAt = Number.POSITIVE_INFINITY;
  #reached = Promise.withResolvers<string>();
  #released = Promise.withResolvers<Cut>();

  /** Counts from now on, and stops at the step of this number. Resolves with its name when it is there. */
  from(stopAt = Number.POSITIVE_INFINITY): Promise<string> {
    this.names = [];
    this.#isCounting = true;
    this.#stopAt = stopAt;
    this.#reached = Promise.withResolvers();
    this.#released = Promise.withResolvers();
    return this.#reached.promise;
  }

  release(cut: Cut) {
    this.#isCounting = false;
    this.#released.resolve(cut);
  }

  async #pass(name: string): Promise<void> {
    if (!this.#isCounting) return;
    this.names.push(name);
    if (this.names.length - 1 !== this.#stopAt) return;
    this.#reached.resolve(name);
    if ((await this.#released.promise) === 'fails') throw new Unavailable('The line was cut.');
  }

  #around =
    (name: string, act: Act): Act =>
    async (...args) => {
      await this.#pass(`before ${name}`);
      const answer = await act(...args);
      await this.#pass(`after ${name}`);
      return answer;
    };

  #all<T extends object>(target: T, methods: readonly string[], about: string): T {
    const own = methods.map((name) => {
      const act = Reflect.get(target, name) as Act;
      return [name, this.#around(`${about} ${name}`, act.bind(target))];
    });
    return changed(target, Object.fromEntries(own) as Partial<T>);
  }

  wrap = <P extends Platform>(platform: P): P => ({
    ...platform,
    bus: changed(platform.bus, {
      consume: (group, handlers) => platform.bus.consume(group, this.#handling(group, handlers)),
    }),
    gateway: this.#all(platform.gateway, CALLS, 'gateway'),
    table: <R extends Stored>(service: string, definition: TableDefinition<R>): Table<R> =>
      this.#all(platform.table(service, definition), SAVES, `${service}.${definition.name}`),
  });

  #handling(group: string, handlers: Handlers): Handlers {
    const all = Object.entries(handlers).map(([type, handler]) => [
      type,
      this.#around(`${group} hears ${type}`, handler as Act),
    ]);
    return Object.fromEntries(all) as Handlers;
  }
}
