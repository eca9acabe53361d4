import { type AnyEvent, parseEvent, parseNewEvent } from '@fairseat/common/events';
import type { Bus, DeadLetter, Handlers, PublishedState } from '@fairseat/common/ports';
import { handlerOf, MAX_DEAD_LETTERS } from '../delivery.ts';
import { InTurn } from '../in-turn.ts';
import type { ConsumerOptions, Group } from './consumer.ts';
import { forgetDeadLetters, Letters } from './letters.ts';
import type { Lookout } from './lookout.ts';
import { Losses } from './losses.ts';
import type { Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';
import { Newcomers } from './newcomers.ts';
import { Restores } from './restores.ts';
import { Subscription } from './subscription.ts';

export interface BusOptions extends ConsumerOptions {
  /** Called when a service begins to say all its records again. */
  onLoss: (service: string) => void;
  onWatcherError: (error: unknown) => void;
  /** How long events are kept, and dead letters. */
  eventsKeptMs: number;
  /** Called when so many dead letters of a group were forgotten. */
  onForgotten: (group: string, count: number) => void;
}

interface Consuming {
  group: Group;
  subscriptions: Subscription[];
}

/** Events on JetStream: a durable consumer for each group and event type, dead letters in the group's own database. */
export class JetStreamBus implements Bus {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: BusOptions;
  readonly #losses: Losses;
  readonly #newcomers: Newcomers;
  readonly #restores: Restores;
  readonly #lookouts: Lookout[];
  readonly #groups: Consuming[] = [];
  readonly #watchers = new Map<(event: AnyEvent) => void, (() => void) | undefined>();
  #watching: Promise<unknown> | undefined;
  #stopForgetting = () => {};

  constructor(nats: Nats, mongo: Mongo, options: BusOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
    this.#losses = new Losses(nats, mongo, { ...options, onError: options.onTrouble });
    this.#newcomers = new Newcomers(nats, mongo, options);
    this.#restores = new Restores(nats, mongo, options);
    this.#lookouts = [this.#losses, this.#newcomers, this.#restores].map((each) => each.lookout);
    nats.onReconnect(() => {
      for (const onGap of this.#watchers.values()) onGap?.();
    });
  }

  consume(name: string, handlers: Handlers) {
    if (this.#groups.some(({ group }) => group.name === name))
      throw new Error(`${name} consumes already`);
    const letters = new Letters(this.#mongo, name, this.#options);
    const group = { name, handlers, letters, deliveries: new InTurn() };
    const subscriptions = this.#nats.streams.flatMap((stream) => {
      const types = stream.types.filter((type) => handlerOf(handlers, type));
      return types.length === 0
        ? []
        : [new Subscription(this.#nats, stream, types, group, this.#options)];
    });
    this.#groups.push({ group, subscriptions });
  }

  /** Groups keep what they have given up on in their databases. */
  get hasGroups() {
    return this.#groups.length > 0;
  }

  publish(event: AnyEvent) {
    return this.#nats.publish(parseNewEvent(event));
  }

  /**
   * A plain subscription, which the server drops with the connection: events come as they reach the server, and those
   * published while the connection is lost never come.
   */
  watch(listener: (event: AnyEvent) => void, onGap?: () => void) {
    this.#watchers.set(listener, onGap);
    this.#watching ??= this.#nats.subscribe((body) => this.#show(body));
    // `start` fails with the same reason.
    this.#watching.catch(() => {});
    return () => {
      this.#watchers.delete(listener);
    };
  }

  onLoss(service: string, sayAgain: () => Promise<void>) {
    this.#nats.own(service);
    this.#losses.watch(service, sayAgain);
    this.#newcomers.add(service, sayAgain);
  }

  onRestore(service: string, state: PublishedState) {
    this.#restores.add(service, state);
  }

  restored(service: string, state?: PublishedState) {
    return this.#restores.declare(service, state);
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const lists = await Promise.all(this.#groups.map(({ group }) => group.letters.list()));
    return lists
      .flat()
      .toSorted((a, b) => a.diedAt.localeCompare(b.diedAt))
      .slice(0, MAX_DEAD_LETTERS);
  }

  backlog() {
    return Promise.all(
      this.#groups.map(async ({ group, subscriptions }) => {
        const counts = await Promise.all(subscriptions.map((each) => each.backlog()));
        const events = counts.reduce((sum, count) => sum + count, 0);
        return { group: group.name, events, dead: await group.letters.dead() };
      }),
    );
  }

  async start() {
    await Promise.all(this.#groups.map(({ group }) => group.letters.prepare()));
    await this.#restores.takeBack();
    const subscriptions = this.#subscriptions();
    await Promise.all(subscriptions.map((each) => each.declare()));
    for (const each of subscriptions) each.start();
    for (const each of this.#lookouts) each.start();
    const letters = this.#groups.map(({ group }) => group.letters);
    this.#stopForgetting = forgetDeadLetters(letters, this.#options);
  }

  async stop() {
    this.#stopForgetting();
    await Promise.all([
      ...this.#lookouts.map((each) => each.stop()),
      ...this.#subscriptions().map((each) => each.stop()),
    ]);
  }

  crash() {
    this.#stopForgetting();
    for (const each of [...this.#lookouts, ...this.#subscriptions()]) each.crash();
  }

  #subscriptions = () => this.#groups.flatMap(({ subscriptions }) => subscriptions);

  #show(body: string) {
    try {
      const event = parseEvent(JSON.parse(body));
      for (const watcher of this.#watchers.keys()) watcher(event);
    } catch (error) {
      this.#options.onWatcherError(error);
    }
  }
}
