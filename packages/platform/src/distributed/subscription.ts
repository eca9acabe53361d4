import type { EventType } from '@fairseat/common/events';
import type { ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import { millis } from '@nats-io/transport-node';
import { pause } from '../clock.ts';
import { Consumer, type ConsumerOptions, type Group, type Source } from './consumer.ts';
import { Durables } from './durables.ts';
import type { Nats } from './nats.ts';
import type { Stream } from './streams.ts';

/** So many looks in `ackWaitMs` must find nobody who pulls from the shared durable. */
const LOOKS = 5;
/** So often an event is offered to replicas that have a handler for it. */
const MOST_OFFERS = 100;

/**
 * What one group hears of one stream: a consumer for each handled type. Where release 0.1.0 had one durable for all of
 * them, its replicas go on with it. Once nobody has pulled from it for a while the types get durables of their own,
 * which begin behind the last event that is in the stream then, and the shared one is emptied up to there. It is left
 * as it is, so that 0.1.0 can come back.
 */
export class Subscription {
  readonly #nats: Nats;
  readonly #types: EventType[];
  readonly #group: Group;
  readonly #options: ConsumerOptions;
  readonly #durables: Durables;
  readonly #consumers = new Map<EventType, Consumer>();
  /** The first event that each durable brings. Those before it come from the shared one. */
  readonly #firstSeqs = new Map<string, number>();
  /** Pulls from the shared durable. */
  #emptying: Consumer | undefined;
  #isTakenOver = true;
  #quietLooks = 0;
  #running = false;

  constructor(
    nats: Nats,
    stream: Stream,
    types: EventType[],
    group: Group,
    options: ConsumerOptions,
  ) {
    this.#nats = nats;
    this.#types = types;
    this.#group = group;
    this.#options = options;
    this.#durables = new Durables(nats, stream, group.name);
  }

  /** Makes the durables that are missing, but for types that the shared one still brings. @throws NoStream */
  async declare() {
    const shared = await this.#durables.shared();
    const brought = shared ? this.#durables.typesOf(shared) : [];
    const isWaiting = await Promise.all(
      this.#types.map(
        async (type) => brought.includes(type) && !(await this.#durables.of(type)) && type,
      ),
    );
    await Promise.all(
      this.#types.filter((type) => !isWaiting.includes(type)).map((type) => this.#declare(type)),
    );
    this.#isTakenOver = shared === undefined;
    return shared;
  }

  start() {
    this.#running = true;
    this.#consumeDeclared();
    void this.#takeOver();
  }

  /** Takes no more, and resolves once no handler is under way. */
  async stop() {
    this.#running = false;
    await Promise.all(this.#all().map((consumer) => consumer.stop()));
  }

  crash() {
    this.#running = false;
    for (const consumer of this.#all()) consumer.crash();
  }

  /** How many events are yet to be handled. @throws Unavailable */
  async backlog(): Promise<number> {
    const { stream, group } = this.#durables;
    const durables = this.#declared().map(this.#durables.nameOf);
    if (!this.#isTakenOver) durables.push(group);
    const infos = await Promise.all(durables.map((name) => this.#nats.consumerInfo(stream, name)));
    return infos.reduce((sum, info) => sum + unfinished(info), 0);
  }

  #all = () => [...this.#consumers.values(), ...(this.#emptying ? [this.#emptying] : [])];

  #declared = () => this.#types.filter((type) => this.#firstSeqs.has(this.#nats.subject(type)));

  async #declare(type: EventType, firstSeq?: number) {
    const first = await this.#durables.declare(type, this.#options.ackWaitMs, firstSeq);
    this.#firstSeqs.set(this.#nats.subject(type), first);
  }

  #consumeDeclared() {
    for (const type of this.#declared()) {
      if (!this.#running || this.#consumers.has(type)) continue;
      const durable = this.#durables.nameOf(type);
      this.#consumers.set(type, this.#pull({ durable, declare: () => this.#declare(type) }));
    }
  }

  #pull(source: Omit<Source, 'stream'>, ackWaitMs = this.#options.ackWaitMs): Consumer {
    const from = { ...source, stream: this.#durables.stream };
    const consumer = new Consumer(this.#nats, from, this.#group, { ...this.#options, ackWaitMs });
    consumer.start();
    return consumer;
  }

  async #takeOver() {
    const { clock, ackWaitMs, onTrouble } = this.#options;
    while (this.#running && !this.#isTakenOver) {
      try {
        await this.#look();
      } catch (error) {
        if (this.#running) onTrouble(error);
      }
      if (!this.#isTakenOver) await pause(clock, ackWaitMs / LOOKS);
    }
  }

  async #look() {
    // Another replica may have taken over meanwhile.
    const shared = await this.declare();
    this.#quietLooks = shared && shared.num_waiting > 0 ? 0 : this.#quietLooks + 1;
    if (this.#quietLooks >= LOOKS) await this.#declareBehind((await this.#durables.lastSeq()) + 1);
    this.#consumeDeclared();
    if (this.#declared().length < this.#types.length) return;
    // Only what it tells after all durables were made counts all that came before them.
    const left = await this.#durables.shared();
    if (left && !this.#isEmpty(left)) {
      const emptying = {
        durable: this.#group.name,
        declare: async () => {},
        verdict: this.#verdict,
      };
      const ackWaitMs = Math.min(this.#options.ackWaitMs, millis(left.config.ack_wait ?? 0));
      if (this.#running) this.#emptying ??= this.#pull(emptying, ackWaitMs);
      return;
    }
    await this.#emptying?.stop();
    this.#emptying = undefined;
    this.#isTakenOver = true;
  }

  async #declareBehind(firstSeq: number) {
    const declared = this.#declared();
    const waiting = this.#types.filter((type) => !declared.includes(type));
    await Promise.all(waiting.map((type) => this.#declare(type, firstSeq)));
  }

  #isEmpty(shared: ConsumerInfo) {
    const last = Math.max(...this.#firstSeqs.values()) - 1;
    return unfinished(shared) === 0 || shared.ack_floor.stream_seq >= last;
  }

  /** What becomes of an event from the shared durable. One that has no handler here may have one elsewhere. */
  #verdict = ({ subject, seq, info }: JsMsg) => {
    const firstSeq = this.#firstSeqs.get(subject);
    if (firstSeq !== undefined) return seq < firstSeq ? 'handle' : 'acknowledge';
    return info.deliveryCount < MOST_OFFERS ? 'give back' : 'acknowledge';
  };
}

const unfinished = ({ num_pending, num_ack_pending }: ConsumerInfo) =>
  num_pending + num_ack_pending;
