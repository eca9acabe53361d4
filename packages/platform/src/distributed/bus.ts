import { type AnyEvent, type EventType, parseEvent } from '@fairseat/common/events';
import type { Bus, DeadLetter, Handlers, PublishedState } from '@fairseat/common/ports';
import { MAX_DEAD_LETTERS } from '../delivery.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { Letters } from './letters.ts';
import { Losses } from './losses.ts';
import type { Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';
import { Newcomers } from './newcomers.ts';
import { Restores } from './restores.ts';

export interface BusOptions extends ConsumerOptions {
  /** Told that a service says everything again. */
  onLoss: (service: string) => void;
  onWatcherError: (error: unknown) => void;
}

interface Group {
  name: string;
  letters: Letters;
  consumers: Consumer[];
}

/** Events on JetStream: a durable consumer for each group and stream, dead letters in the group's own database. */
export class JetStreamBus implements Bus {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: ConsumerOptions;
  readonly #onWatcherError: (error: unknown) => void;
  readonly #losses: Losses;
  readonly #newcomers: Newcomers;
  readonly #restores: Restores;
  readonly #groups: Group[] = [];
  readonly #watchers = new Map<(event: AnyEvent) => void, (() => void) | undefined>();
  #watching: Promise<unknown> | undefined;

  constructor(nats: Nats, mongo: Mongo, options: BusOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
    this.#onWatcherError = options.onWatcherError;
    this.#losses = new Losses(nats, mongo, { ...options, onError: options.onTrouble });
    this.#newcomers = new Newcomers(nats, mongo, options);
    this.#restores = new Restores(nats, mongo, options);
    nats.onReconnect(() => {
      for (const onGap of this.#watchers.values()) onGap?.();
    });
  }

  consume(group: string, handlers: Handlers) {
    if (this.#groups.some(({ name }) => name === group))
      throw new Error(`${group} consumes already`);
    const letters = new Letters(this.#mongo, group);
    const consumers = this.#nats.streams.flatMap((stream) => {
      const own = Object.entries(handlers).filter(([type]) =>
        stream.types.includes(type as EventType),
      );
      if (own.length === 0) return [];
      const handled = Object.fromEntries(own) as Handlers;
      return [new Consumer(this.#nats, stream, group, handled, letters, this.#options)];
    });
    this.#groups.push({ name: group, letters, consumers });
  }

  publish(event: AnyEvent) {
    return this.#nats.publish(parseEvent(event));
  }

  /**
   * A plain subscription, which the server forgets with the connection: events are shown as they reach the server, and
   * those said while the connection is lost are not.
   */
  watch(listener: (event: AnyEvent) => void, onGap?: () => void) {
    this.#watchers.set(listener, onGap);
    this.#watching ??= this.#nats.subscribe((data) => this.#show(data));
    // Whoever starts is told why.
    this.#watching.catch(() => {});
    return () => {
      this.#watchers.delete(listener);
    };
  }

  onLoss(service: string, sayAgain: () => Promise<void>) {
    this.#losses.watch(service, sayAgain);
    this.#newcomers.add(service, sayAgain);
  }

  onRestore(service: string, state: PublishedState) {
    this.#restores.add(service, state);
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const lists = await Promise.all(this.#groups.map(({ letters }) => letters.list()));
    return lists
      .flat()
      .toSorted((a, b) => a.diedAt.localeCompare(b.diedAt))
      .slice(0, MAX_DEAD_LETTERS);
  }

  backlog() {
    return Promise.all(
      this.#groups.map(async ({ name, letters, consumers }) => {
        const counts = await Promise.all(consumers.map((consumer) => consumer.backlog()));
        const events = counts.reduce((sum, count) => sum + count, 0);
        return { group: name, events, dead: await letters.dead() };
      }),
    );
  }

  async start() {
    await Promise.all(this.#groups.map(({ letters }) => letters.prepare()));
    await this.#restores.start();
    const consumers = this.#consumers();
    await Promise.all(consumers.map((consumer) => consumer.declare()));
    for (const consumer of consumers) consumer.start();
    this.#losses.start();
    this.#newcomers.start();
  }

  async stop() {
    await Promise.all([
      this.#losses.stop(),
      this.#newcomers.stop(),
      this.#restores.stop(),
      ...this.#consumers().map((consumer) => consumer.stop()),
    ]);
  }

  crash() {
    this.#losses.crash();
    this.#newcomers.crash();
    this.#restores.crash();
    for (const consumer of this.#consumers()) consumer.crash();
  }

  #consumers = () => this.#groups.flatMap(({ consumers }) => consumers);

  #show(data: Uint8Array) {
    try {
      const event = parseEvent(JSON.parse(Buffer.from(data).toString()));
      for (const watcher of this.#watchers.keys()) watcher(event);
    } catch (error) {
      this.#onWatcherError(error);
    }
  }
}
