/** Faults between services and platform, for a marketplace under test. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inStory, storyOf } from '@fairseat/common/context';
import { NotYet, Unavailable } from '@fairseat/common/errors';
import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { Handlers, Platform, Timers } from '@fairseat/common/ports';
import { seeded } from '@fairseat/common/testing';
import { changed } from './interleaving.ts';
import { violations } from './invariants.ts';
import { isDistributed, othersTurn, type TestMarketplace } from './marketplace.ts';

type Wrap = <P extends Platform>(platform: P) => P;

export interface Delivered {
  group: string;
  event: AnyEvent;
  /** The attempt, as the platform counts it. */
  attempt: number;
}
/** Passes the event to its handler, or does something else. */
type Courier = (delivered: Delivered, handle: (attempt?: number) => Promise<void>) => Promise<void>;

/** Puts a courier between the bus and every handler. */
const delivering =
  (courier: Courier): Wrap =>
  (platform) => ({
    ...platform,
    bus: changed(platform.bus, {
      consume: (group, handlers) =>
        platform.bus.consume(group, entrusted(group, handlers, courier)),
    }),
  });

/** Makes the first calls of `publish` fail. */
export const failingToPublish = (times: number): Wrap => {
  let left = times;
  return (platform) => ({
    ...platform,
    bus: changed(platform.bus, {
      publish: async (event) => {
        if (left-- > 0) throw new Error('It could not be published.');
        await platform.bus.publish(event);
      },
    }),
  });
};

type Handler = (event: AnyEvent, delivery: { attempt: number }) => Promise<void>;

const entrusted = (group: string, handlers: Handlers, courier: Courier): Handlers =>
  Object.fromEntries(
    Object.entries(handlers).map(([type, handler]) => [
      type,
      (event: AnyEvent, { attempt }: { attempt: number }) =>
        courier({ group, event, attempt }, (seen = attempt) =>
          (handler as Handler)(event, { attempt: seen }),
        ),
    ]),
  );

/** Runs as if in another process: its writes are saved by themselves, not with the delivery under way. */
const apart = AsyncLocalStorage.snapshot();

/** Reports every delivery. */
export const overheard = (report: (delivered: Delivered) => void) =>
  delivering(async (delivered, handle) => {
    report(delivered);
    await handle();
  });

/** Loses these events on their way to this group; the bus takes them for handled. */
export const losing = (group: string, type: EventType, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  return delivering(async (delivered, handle) => {
    if (delivered.group === group && delivered.event.type === type && left-- > 0) return;
    await handle();
  });
};

/**
 * Loses one event in ten, by the seed. Events of tickets always reach orders: a listing is not said again, but
 * corrected only when a lock is refused.
 */
export const lossy = (seed: number) => {
  const random = seeded(seed);
  return delivering(async ({ group, event }, handle) => {
    const isCopied = group === 'orders' && event.type.startsWith('ticket.');
    if (isCopied || random() >= 0.1) await handle();
  });
};

/**
 * Delivers every event twice, and many late and out of turn, by the seed: the first acknowledgement is lost, so the
 * event comes again after others were handled.
 */
export const disorderly = (seed: number) => {
  const random = seeded(seed);
  const plans = new Map<string, { late: boolean; again: boolean; attempts: number }>();
  return delivering(async ({ group, event }, handle) => {
    const key = `${group} ${event.id}`;
    const plan = plans.get(key) ?? { late: random() < 0.5, again: true, attempts: 0 };
    plans.set(key, plan);
    if (plan.late) {
      plan.late = false;
      throw new NotYet('delayed');
    }
    plan.attempts += 1;
    if (!plan.again) return handle(plan.attempts);
    await asAnotherProcess(event, () => handle(plan.attempts));
    plan.again = false;
    throw new NotYet('its answer was lost');
  });
};

const asAnotherProcess = (event: AnyEvent, work: () => Promise<void>) =>
  apart(() => inStory(storyOf(event), work));

/** Holds these events back from this group until they are let through. */
export function keepingBack(group: string, type: EventType) {
  let open = false;
  const { promise: arrived, resolve } = Promise.withResolvers<AnyEvent>();
  let keptBack = 0;
  const wrap = delivering(async (delivered, handle) => {
    if (delivered.group !== group || delivered.event.type !== type) return handle();
    if (!open) {
      keptBack += 1;
      resolve(delivered.event);
      throw new NotYet('kept back');
    }
    await handle(Math.max(1, delivered.attempt - keptBack));
  });
  return {
    wrap,
    /** Resolves once the first one has come. */
    arrived,
    letThrough: () => {
      open = true;
    },
  };
}

/** Collects the events published from now on; `sayAgain` publishes copies under new ids, as if they came late. */
export function saying(market: TestMarketplace, type: EventType) {
  const said: AnyEvent[] = [];
  market.platform.bus.watch((event) => {
    // A watcher may receive an event twice.
    if (event.type === type && said.every(({ id }) => id !== event.id)) said.push(event);
  });
  return {
    said,
    async sayAgain(times: number) {
      const copies = [...said].flatMap((event) => Array<AnyEvent>(times).fill(event));
      for (const event of copies)
        await market.platform.bus.publish({ ...event, id: market.platform.newId() });
      await market.settled();
    },
  };
}

/** Alarms that never fire by themselves, but only when the test calls `ring`. */
export function ringingByHand() {
  const set: { key: string; at: number }[] = [];
  let onFire: (key: string) => Promise<void> = async () => {};
  const wrap: Wrap = (platform) => ({
    ...platform,
    timers: (service): Timers => ({
      ...platform.timers(service),
      set: async (key, at) => {
        set.push({ key, at });
      },
      drop: async () => {},
      onFire: (handler) => {
        onFire = handler;
      },
    }),
  });
  return { wrap, set, ring: (key: string) => apart(() => onFire(key)) };
}

type Asked = 'open' | 'confirm' | 'capture' | 'find' | 'cancel' | 'refund';

/** Wraps the payment gateway: counts its calls, and holds chosen ones until released. */
export function gatewayInTheWay() {
  const asked: { call: Asked; args: unknown[] }[] = [];
  const holds = new Map<string, { reached: () => void; released: Promise<void> }>();
  const losses = new Set<string>();

  const stop = async (moment: 'before' | 'after', call: string) => {
    const hold = holds.get(`${moment} ${call}`);
    holds.delete(`${moment} ${call}`);
    hold?.reached();
    await hold?.released;
    if (losses.delete(`${moment} ${call}`)) throw new Unavailable('The gateway is away.');
  };

  const wrap = <P extends Platform>(platform: P): P => ({
    ...platform,
    gateway: new Proxy(platform.gateway, {
      get(gateway, name) {
        const value = Reflect.get(gateway, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          await stop('before', String(name));
          asked.push({ call: name as Asked, args });
          const answer = await value.apply(gateway, args);
          await stop('after', String(name));
          return answer;
        };
      },
    }),
  });

  return {
    wrap,
    count: (call: Asked) => asked.filter((each) => each.call === call).length,
    argsOf: (call: Asked) => asked.filter((each) => each.call === call).map(({ args }) => args),
    /** Loses the next such call on its way to the gateway, or its answer. */
    lose(moment: 'before' | 'after', call: Asked) {
      losses.add(`${moment} ${call}`);
    },
    /** Holds the next such call before it reaches the gateway, or before its answer returns. */
    hold(moment: 'before' | 'after', call: Asked) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.set(`${moment} ${call}`, { reached: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
  };
}

/** Far more turns than any work takes that does not wait for the clock. */
const MANY_TURNS = isDistributed ? 1500 : 20_000;

/** Looks until `isSo` accepts what is seen, and returns it. @throws Error when it never does. */
export async function eventually<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
): Promise<T> {
  for (let turn = 0; ; turn++) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (turn === MANY_TURNS) throw new Error(`It stayed ${JSON.stringify(seen)}`);
    await othersTurn(1);
  }
}

const violationsOf = (market: TestMarketplace) => violations(market.platform, market.clock.now());

/** Real servers may need longer for the work of a second than the test needs to go on to the next. */
const LAST_LOOKS = isDistributed ? 50 : 1;

/** Lets a second pass at a time until no invariant is violated; returns the violations left when the time is up. */
export async function healed(market: TestMarketplace, withinSeconds = 5): Promise<string[]> {
  for (let look = 0; ; look++) {
    await market.settled();
    await othersTurn(10);
    const wrong = await violationsOf(market);
    if (wrong.length === 0 || look === withinSeconds + LAST_LOOKS - 1) return wrong;
    if (look < withinSeconds) market.clock.advance(1000);
  }
}

/** Moves the time, and waits for the work that falls due by it. */
export async function passing(market: TestMarketplace, ms: number) {
  market.clock.advance(ms);
  await market.settled();
  await othersTurn(10);
}

/** Moves to a minute after the end of an order placed just now: by then every lost message is made good. */
export async function pastTheEnd(market: TestMarketplace) {
  for (const ms of [15 * 60_000, 2000, 58_500]) await passing(market, ms);
}
