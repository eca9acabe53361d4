/** What can go wrong between services and platform, to be put in the way of a marketplace under test. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inStory, storyOf } from '@fairseat/common/context';
import { NotYet } from '@fairseat/common/errors';
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
  /** As the platform counts it. */
  attempt: number;
}
/** Hands the event to its handler, or does something else. */
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

/** What belongs to no record cannot be said at first. */
export const failingToPublish = (times: number): Wrap => {
  let left = times;
  return (platform) => ({
    ...platform,
    bus: changed(platform.bus, {
      publish: async (event) => {
        if (left-- > 0) throw new Error('It could not be said.');
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

/** Runs as if in another process: what it writes is saved by itself, not with the delivery under way. */
const apart = AsyncLocalStorage.snapshot();

/** Tells of every delivery that comes through. */
export const overheard = (tell: (delivered: Delivered) => void) =>
  delivering(async (delivered, handle) => {
    tell(delivered);
    await handle();
  });

/** Loses these events on their way to this group: handled, as far as the bus knows. */
export const losing = (group: string, type: EventType, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  return delivering(async (delivered, handle) => {
    if (delivered.group === group && delivered.event.type === type && left-- > 0) return;
    await handle();
  });
};

/**
 * Loses one in ten, as the seed says; but not what tickets tells, of which orders only keeps a copy: nobody says
 * again what is for sale, and whoever asks for it in vain learns of it.
 */
export const lossy = (seed: number) => {
  const random = seeded(seed);
  return delivering(async ({ group, event }, handle) => {
    const isCopied = group === 'orders' && event.type.startsWith('ticket.');
    if (isCopied || random() >= 0.1) await handle();
  });
};

/**
 * Every event comes late and out of turn, as the seed says, and twice: handled once with the answer lost, so
 * that it comes again when others have been heard in between.
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

/** Keeps these events back from this group until they are let through. */
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

/** What is said from now on, which can be said again under new ids, as if it came late. */
export function saying(market: TestMarketplace, type: EventType) {
  const said: AnyEvent[] = [];
  market.platform.bus.watch((event) => {
    // A watcher may be shown an event twice.
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

/** Alarms that never ring by themselves, but when the test says so. */
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

type Asked = 'open' | 'confirm' | 'find' | 'cancel' | 'refund';

/** Stands in the way of the payment gateway: counts what it is asked, and holds chosen calls until released. */
export function gatewayInTheWay() {
  const asked: { call: Asked; args: unknown[] }[] = [];
  const holds = new Map<string, { reached: () => void; released: Promise<void> }>();

  const stop = async (moment: 'before' | 'after', call: string) => {
    const hold = holds.get(`${moment} ${call}`);
    holds.delete(`${moment} ${call}`);
    hold?.reached();
    await hold?.released;
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
    /** Holds the next such call before the gateway hears of it, or before its answer is heard. */
    hold(moment: 'before' | 'after', call: Asked) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.set(`${moment} ${call}`, { reached: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
  };
}

/** Far more turns than anything takes that does not wait for the clock. */
const MANY_TURNS = isDistributed ? 1500 : 20_000;

/** Resolves once it is so; answers what `look` saw last. @throws when it does not come to be. */
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

/** What was begun in a second may take real servers longer than the test takes to go on to the next. */
const LAST_LOOKS = isDistributed ? 50 : 1;

/** Lets a second pass at a time until nothing is wrong any more; answers what still is when the time is up. */
export async function healed(market: TestMarketplace, withinSeconds = 5): Promise<string[]> {
  for (let look = 0; ; look++) {
    await market.settled();
    await othersTurn(10);
    const wrong = await violationsOf(market);
    if (wrong.length === 0 || look === withinSeconds + LAST_LOOKS - 1) return wrong;
    if (look < withinSeconds) market.clock.advance(1000);
  }
}

/** Moves the time, and lets what falls due by it be done. */
export async function passing(market: TestMarketplace, ms: number) {
  market.clock.advance(ms);
  await market.settled();
  await othersTurn(10);
}

/** To a minute after the end of an order placed just now: by then every lost message is made good. */
export async function pastTheEnd(market: TestMarketplace) {
  for (const ms of [15 * 60_000, 2000, 58_500]) await passing(market, ms);
}
