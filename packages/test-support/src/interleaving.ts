/** Wraps a platform: spreads the steps of services by a seed, or takes a guard out to see a test fail. */
import { VersionConflict } from '@fairseat/common/errors';
import type {
  Handlers,
  PaymentGateway,
  Platform,
  Stored,
  Table,
  TableDefinition,
} from '@fairseat/common/ports';
import { seeded } from '@fairseat/common/testing';

/** Lets others go first, for a number of turns that the seed decides. */
type Yield = () => Promise<void>;

/** Resolves after so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function yielding(seed: number): Yield {
  const random = seeded(seed);
  return () => turns(Math.floor(random() * 4));
}

/** The same object with some of its methods replaced. */
export const changed = <T extends object>(target: T, methods: Partial<T>): T =>
  new Proxy(target, {
    get(object, name) {
      const own = methods[name as keyof T];
      if (own !== undefined) return own;
      const value = Reflect.get(object, name);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });

/** The same object, but calls of these methods wait random turns before and after. */
function disturbed<T extends object>(target: T, methods: (keyof T)[], pause: Yield): T {
  const later = methods.map((name) => {
    const method = target[name] as (...args: unknown[]) => Promise<unknown>;
    const disturbedMethod = async (...args: unknown[]) => {
      await pause();
      const result = await method.apply(target, args);
      await pause();
      return result;
    };
    return [name, disturbedMethod] as const;
  });
  return changed(target, Object.fromEntries(later) as Partial<T>);
}

const tableMethods = ['get', 'getByKey', 'insert', 'replace'] as (keyof Table<Stored>)[];
const gatewayMethods: (keyof PaymentGateway)[] = [
  ...(['open', 'confirm', 'capture', 'find', 'cancel', 'refund'] as const),
];

/** A platform on which every seed is another interleaving of the same requests. */
export const interleaved =
  (seed: number) =>
  <P extends Platform>(platform: P): P => {
    const pause = yielding(seed);
    return {
      ...platform,
      bus: changed(platform.bus, {
        consume: (group, handlers) => platform.bus.consume(group, delayed(handlers, pause)),
      }),
      gateway: disturbed(platform.gateway, gatewayMethods, pause),
      table: <R extends Stored>(service: string, definition: TableDefinition<R>) =>
        disturbed(platform.table(service, definition), tableMethods as (keyof Table<R>)[], pause),
    };
  };

const delayed = (handlers: Handlers, pause: Yield): Handlers =>
  Object.fromEntries(
    Object.entries(handlers).map(([type, handler]) => [
      type,
      async (...args: unknown[]) => {
        await pause();
        await (handler as (...args: unknown[]) => Promise<void>)(...args);
      },
    ]),
  );

/** Takes a unique key out: two records may have the same value. */
export const withoutUniqueKey =
  (service: string, key: string) =>
  <P extends Platform>(platform: P): P => ({
    ...platform,
    table: <R extends Stored>(owner: string, definition: TableDefinition<R>) => {
      if (owner !== service || !definition.unique?.[key]) return platform.table(owner, definition);
      const { [key]: value, ...unique } = definition.unique;
      const indexes = { ...definition.indexes, [key]: value };
      const table = platform.table(owner, { ...definition, unique, indexes } as TableDefinition<R>);
      const getByKey: Table<R>['getByKey'] = async (name, wanted) =>
        name === key
          ? (await table.find({ where: { [key]: wanted }, limit: 1 })).records[0]
          : table.getByKey(name, wanted);
      return changed<Table<R>>(table, { getByKey });
    },
  });

/** Takes compare-and-set out: the last write wins, whatever state it was decided on. */
export const withoutCompareAndSet =
  (service: string) =>
  <P extends Platform>(platform: P): P => ({
    ...platform,
    table: <R extends Stored>(owner: string, definition: TableDefinition<R>) => {
      const table = platform.table(owner, definition);
      if (owner !== service) return table;
      const replace: Table<R>['replace'] = async (_current, next, events) => {
        for (;;) {
          const latest = (await table.get(next.id)) as R;
          try {
            return await table.replace(latest, { ...next, version: latest.version + 1 }, events);
          } catch (error) {
            if (!(error instanceof VersionConflict)) throw error;
          }
        }
      };
      return changed<Table<R>>(table, { replace });
    },
  });
