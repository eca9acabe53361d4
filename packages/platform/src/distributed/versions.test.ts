/** Versions of a service side by side and one after the other, also after release 0.1.0. */
import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { Handlers } from '@fairseat/common/ports';
import {
  ended,
  id,
  inOrder,
  numbers,
  servers,
  soon,
  useNats,
  useScene,
} from '@fairseat/test-support/scene';
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  jetstream,
} from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import type { DistributedOptions, DistributedPlatform } from './index.ts';

const scene = useScene();
const nats = useNats();

const stream = () => `${scene.namespace}_tickets`;
const subject = (type: string) => `${scene.namespace}.${type}`;

const ticket = (type: 'ticket.created' | 'ticket.withdrawn', n: number): AnyEvent => ({
  ...(ended(n) as Extract<AnyEvent, { type: typeof type }>),
  // Numbers are ids: those of two types must differ.
  id: id(n + (type === 'ticket.created' ? 0 : 1_000_000)),
  source: 'tickets',
  type,
  data: {
    ...{ id: id(n), version: 1, createdAt: new Date(n).toISOString(), userId: id(1) },
    ...{ title: 'Row 1', price: 100, orderId: null, status: 'available' as const },
  },
});
type Ticket = Parameters<typeof ticket>[0];

async function publish(type: Ticket, ns: number[], platform = scene.open()) {
  await Promise.all(ns.map((n) => platform.bus.publish(ticket(type, n))));
}

const range = (first: number, last: number) => numbers(last).filter((n) => n >= first);

type Heard = Record<Ticket, number[]>;

/** One version of a service, which handles these types. */
function version(types: readonly Ticket[], options: Partial<DistributedOptions> = {}) {
  const platform = scene.open(options);
  const heard: Heard = { 'ticket.created': [], 'ticket.withdrawn': [] };
  const handle = (type: Ticket) => async (event: { subject: string }) => {
    heard[type].push(Number.parseInt(event.subject, 16));
  };
  const handlers = Object.fromEntries(types.map((type) => [type, handle(type)])) as Handlers;
  platform.bus.consume('a', handlers);
  return { platform, heard };
}

const [CREATED, WITHDRAWN] = ['ticket.created', 'ticket.withdrawn'] as const;

describe('a handler', () => {
  it('that is added hears everything that is kept, and the others nothing twice', async () => {
    const before = version([CREATED]);
    await before.platform.start();
    await publish(CREATED, numbers(3));
    await publish(WITHDRAWN, numbers(3));
    await before.platform.settled();
    await before.platform.close();
    const after = version([CREATED, WITHDRAWN]);
    await after.platform.start();
    await publish(CREATED, [4]);
    await publish(WITHDRAWN, [4]);
    await after.platform.settled();
    expect(before.heard).toEqual({ [CREATED]: expect.any(Array), [WITHDRAWN]: [] });
    expect(inOrder(before.heard[CREATED])).toEqual([1, 2, 3]);
    expect(after.heard[CREATED]).toEqual([4]);
    expect(inOrder(after.heard[WITHDRAWN])).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['added', [CREATED], [CREATED, WITHDRAWN]],
    ['taken away', [CREATED, WITHDRAWN], [CREATED]],
  ] as const)(
    'that is %s: each of 100 events is handled once, by a version that has it',
    async (_, olds, news) => {
      const replicas = [version(olds), version(olds), version(news), version(news)];
      for (const { platform } of replicas) await platform.start();
      await publish(CREATED, numbers(100));
      await publish(WITHDRAWN, numbers(100));
      for (const { platform } of replicas) await platform.settled();
      for (const type of [CREATED, WITHDRAWN]) {
        const all = replicas.flatMap(({ heard }) => heard[type]);
        expect(inOrder(all)).toEqual(numbers(100));
      }
    },
  );

  it('that was taken away and comes back goes on where it was', async () => {
    const first = version([CREATED, WITHDRAWN]);
    await first.platform.start();
    await publish(WITHDRAWN, [1]);
    await first.platform.settled();
    await first.platform.close();
    const without = version([CREATED]);
    await without.platform.start();
    await publish(WITHDRAWN, [2]);
    await without.platform.settled();
    await without.platform.close();
    const again = version([CREATED, WITHDRAWN]);
    await again.platform.start();
    await again.platform.settled();
    expect(again.heard[WITHDRAWN]).toEqual([2]);
  });

  it('need not be there for every type: what others publish makes no dead letter', async () => {
    const { platform, heard } = version([CREATED], { maxFailures: 1 });
    await platform.start();
    nats.connection.publish(subject(CREATED), '{"type":"ticket.framed","data":7}');
    nats.connection.publish(subject(CREATED), '{"type":"session.ended","data":7}');
    nats.connection.publish(subject('ticket.framed'), '{"type":"ticket.framed","data":7}');
    await nats.connection.flush();
    await publish(CREATED, [1]);
    await platform.settled();
    expect(heard[CREATED]).toEqual([1]);
    expect(await platform.bus.deadLetters()).toEqual([]);
  });
});

describe('the time until an event goes to another', () => {
  it('may differ between versions: the longest holds, and all of them start', async () => {
    const waits = [2000, 4000, 1000];
    for (const ackWaitMs of waits) await version([CREATED], { ackWaitMs }).platform.start();
    const { config } = await nats.admin.consumers.info(stream(), 'a-ticket-created');
    expect(config.ack_wait).toBe(nanos(4000));
  });
});

describe('a stream that is not there yet', () => {
  it('is made by its own service alone: others wait, and say for what', async () => {
    const lines: string[] = [];
    const { platform, heard } = version([CREATED], { owns: [], onWaiting: (l) => lines.push(l) });
    const starting = platform.start();
    await expect.poll(() => lines, soon).not.toEqual([]);
    const line = `no stream ${stream()} yet, which the service tickets makes. Trying again`;
    expect(lines[0]).toContain(line);
    await expect(nats.admin.streams.info(stream())).rejects.toThrow('stream not found');
    await publish(CREATED, [1]);
    await starting;
    await expect.poll(() => heard[CREATED], soon).toEqual([1]);
  });
});

/** What release 0.1.0 made and pulls from. */
async function openOld(types: EventType[]) {
  await nats.admin.consumers.add(stream(), {
    durable_name: 'a',
    filter_subjects: types.map(subject),
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(2000),
    max_ack_pending: 10_000,
    max_deliver: -1,
  });
  const own = await connect({ servers: servers.natsUrl });
  const consumer = await jetstream(own).consumers.get(stream(), 'a');
  const heard: number[] = [];
  let pulling: ConsumerMessages | undefined;
  return {
    heard,
    /** Gets so many events, and acknowledges those of these numbers. */
    async handle(count: number, isDone: (n: number) => boolean = () => true) {
      const messages: JsMsg[] = [];
      for await (const message of await consumer.fetch({ max_messages: count })) {
        const n = Number.parseInt(message.json<AnyEvent>().subject, 16);
        if (isDone(n) && (await message.ackAck())) heard.push(n);
        messages.push(message);
      }
      expect(messages).toHaveLength(count);
    },
    /** Handles all that comes from now on. */
    async run() {
      pulling = await consumer.consume();
      void (async (messages) => {
        for await (const message of messages) {
          heard.push(Number.parseInt(message.json<AnyEvent>().subject, 16));
          message.ack();
        }
      })(pulling);
    },
    async end() {
      await pulling?.close();
      await own.drain();
    },
  };
}

describe('the durable that release 0.1.0 shared among all types', () => {
  const takingOver = { ackWaitMs: 1000 };
  const begun = async (...starting: DistributedPlatform[]) => {
    await Promise.all(starting.map((platform) => platform.start()));
    const isTakenOver = async () =>
      (await nats.admin.consumers.info(stream(), 'a-ticket-created').catch(() => undefined))?.name;
    await expect.poll(isTakenOver, soon).toBe('a-ticket-created');
  };

  it('is taken over: what it had not brought is handled once, as is what follows', async () => {
    await publish(CREATED, numbers(20));
    const old = await openOld([CREATED]);
    await old.handle(12, (n) => n % 3 !== 0);
    await old.end();
    const [one, two] = [version([CREATED], takingOver), version([CREATED], takingOver)];
    const starting = begun(one.platform, two.platform);
    await publish(CREATED, range(21, 30));
    await starting;
    const isEmptied = async () => {
      const { ack_floor, num_waiting } = await nats.admin.consumers.info(stream(), 'a');
      return ack_floor.stream_seq >= 30 && num_waiting === 0;
    };
    await expect.poll(isEmptied, soon).toBe(true);
    await publish(CREATED, range(31, 50));
    await one.platform.settled();
    const heard = [...old.heard, ...one.heard[CREATED], ...two.heard[CREATED]];
    expect(inOrder(heard)).toEqual(numbers(50));
    const third = version([CREATED], takingOver);
    await third.platform.start();
    await third.platform.settled();
    expect(third.heard[CREATED]).toEqual([]);
  });

  it('stays with the old replicas while one pulls; what they do not handle goes to the new', async () => {
    await scene.open().start();
    const old = await openOld([CREATED]);
    await old.run();
    let looks = 0;
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs === takingOver.ackWaitMs / 5) looks += 1;
      return systemClock.after(delayMs, callback);
    };
    const clock = { ...systemClock, after };
    const { platform, heard } = version([CREATED, WITHDRAWN], { ...takingOver, clock });
    await platform.start();
    await expect.poll(() => looks, soon).toBeGreaterThan(10);
    await publish(CREATED, numbers(50));
    await publish(WITHDRAWN, numbers(50));
    await platform.settled();
    expect(inOrder(old.heard)).toEqual(numbers(50));
    expect(heard[CREATED]).toEqual([]);
    expect(inOrder(heard[WITHDRAWN])).toEqual(numbers(50));
    await old.end();
    await publish(CREATED, range(51, 100));
    await platform.settled();
    expect(inOrder([...old.heard, ...heard[CREATED]])).toEqual(numbers(100));
    expect(inOrder(heard[WITHDRAWN])).toEqual(numbers(50));
  });

  it('gives what has no handler any more to an old replica that comes back', async () => {
    await publish(CREATED, [1, 3]);
    await publish(WITHDRAWN, [2]);
    const old = await openOld([CREATED, WITHDRAWN]);
    const { platform, heard } = version([CREATED], takingOver);
    await begun(platform);
    await expect.poll(() => inOrder(heard[CREATED]), soon).toEqual([1, 3]);
    await old.run();
    await expect.poll(() => old.heard, soon).toEqual([2]);
    await platform.settled();
    await old.end();
    expect(inOrder(heard[CREATED])).toEqual([1, 3]);
  });
});
