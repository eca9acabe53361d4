import { setImmediate } from 'node:timers/promises';
import { inStory, storyOf } from '@fairseat/common/context';
import { Unavailable } from '@fairseat/common/errors';
import { type AnyEvent, type EventType, parseEvent } from '@fairseat/common/events';
import type { Clock, Handlers } from '@fairseat/common/ports';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { ClosedConnectionError } from '@nats-io/transport-node';
import { pause } from '../clock.ts';
import {
  afterError,
  afterFailure,
  asEvent,
  type DeliveryTiming,
  handlerOf,
  UNAVAILABLE_PAUSE_MS,
} from '../delivery.ts';
import { InTurn } from '../in-turn.ts';
import type { Letters } from './letters.ts';
import { isMissing, type Nats } from './nats.ts';
import type { Stream } from './streams.ts';

export interface ConsumerOptions extends DeliveryTiming {
  clock: Clock;
  /** A message that its process was silent about for this long is delivered to another. */
  ackWaitMs: number;
  onDeadLetter: (group: string, reason: unknown, body: string) => void;
  onTrouble: (error: unknown) => void;
}

const MAX_IN_FLIGHT = 128;
const PULL_MS = 10_000;

/**
 * Receives the events of one stream for one group. All replicas of a service pull from the same durable consumer, so
 * each event goes to one of them. A process handles events of different records at the same time, and those of one
 * record in turn. An event is acknowledged once its handler has returned.
 */
export class Consumer {
  readonly #nats: Nats;
  readonly #stream: Stream;
  readonly #group: string;
  readonly #handlers: Handlers;
  readonly #letters: Letters;
  readonly #options: ConsumerOptions;
  readonly #inFlight = new Set<JsMsg>();
  readonly #deliveries = new InTurn();
  #pulling: ConsumerMessages | undefined;
  #running = false;
  #loop = Promise.resolve();
  /** Set while an engine is away: nothing new begins until it resolves. */
  #paused: Promise<void> | undefined;
  #slotFree = Promise.withResolvers<void>();
  #cancelWorking = () => {};

  constructor(
    nats: Nats,
    stream: Stream,
    group: string,
    handlers: Handlers,
    letters: Letters,
    options: ConsumerOptions,
  ) {
    this.#nats = nats;
    this.#stream = stream;
    this.#group = group;
    this.#handlers = handlers;
    this.#letters = letters;
    this.#options = options;
    // The client itself would look for the consumer first and, if that fails, wait PULL_MS before the next try.
    nats.onReconnect(() => this.#pulling?.stop());
  }

  /** Creates the durable consumer, or updates it to the types handled now. */
  declare() {
    const types = Object.keys(this.#handlers) as EventType[];
    return this.#nats.declareConsumer(this.#stream, this.#group, types, this.#options.ackWaitMs);
  }

  start() {
    this.#running = true;
    this.#loop = this.#run();
    this.#stillWorking();
  }

  /** Accepts no more events. Resolves once no handler is running. */
  async stop() {
    this.#running = false;
    this.#pulling?.stop();
    await this.#loop;
    while (this.#inFlight.size > 0) await this.#slotFree.promise;
    this.#cancelWorking();
  }

  /** Drops everything in flight, as a killed process would. */
  crash() {
    this.#running = false;
    this.#pulling?.stop();
    this.#inFlight.clear();
    this.#cancelWorking();
  }

  /** Returns the number of events yet to be handled. @throws Unavailable */
  async backlog(): Promise<number> {
    const { num_pending: unread, num_ack_pending: underway } = await this.#nats.consumerInfo(
      this.#stream,
      this.#group,
    );
    return unread + underway;
  }

  async #run() {
    while (this.#running) {
      try {
        await this.#pull();
      } catch (error) {
        if (!this.#running) return;
        this.#options.onTrouble(error);
        await pause(this.#options.clock, UNAVAILABLE_PAUSE_MS);
        await this.#mend(error);
      }
    }
  }

  async #pull() {
    const { streams } = await this.#nats.open();
    const consumer = await streams.consumers.get(this.#stream.name, this.#group);
    while (this.#running) {
      await this.#paused;
      while (this.#inFlight.size > MAX_IN_FLIGHT / 2) await this.#slotFree.promise;
      if (!this.#running) return;
      this.#pulling = await consumer.fetch({
        max_messages: MAX_IN_FLIGHT - this.#inFlight.size,
        expires: PULL_MS,
      });
      for await (const message of this.#pulling) this.#accept(message);
    }
  }

  /** Creates the stream and the consumer again when one of them is gone. */
  async #mend(error: unknown) {
    if (!isMissing(error) && !/deleted|no responders/i.test(String(error))) return;
    try {
      await this.#nats.declareStreams();
      await this.declare();
    } catch (failure) {
      this.#options.onTrouble(failure);
    }
  }

  #accept(message: JsMsg) {
    if (!this.#running) {
      tell(() => message.nak());
      return;
    }
    const event = asEvent(message.string());
    const subject = event?.subject ?? String(message.seq);
    this.#inFlight.add(message);
    this.#deliveries.add(
      subject,
      () => this.#deliver(message, event),
      () => {
        this.#inFlight.delete(message);
        this.#slotFree.resolve();
        this.#slotFree = Promise.withResolvers();
      },
    );
  }

  async #deliver(message: JsMsg, event: AnyEvent | undefined) {
    for (let conflicts = 0; this.#running; ) {
      await this.#paused;
      try {
        await this.#handle(message, event);
        return tell(() => message.ack());
      } catch (error) {
        if (!this.#running) break;
        // Failures are counted for all replicas together, in `#fail`; only conflicts are counted here.
        const next = afterError(error, { conflicts, failures: 0 }, this.#options);
        if (next.kind === 'again') {
          conflicts = next.conflicts;
          await setImmediate();
        } else if (next.kind === 'pause') this.#pause(error, next.forMs);
        else if (next.kind === 'defer') return tell(() => message.nak(next.forMs));
        else if (await this.#fail(message, error)) return;
      }
    }
    tell(() => message.nak());
  }

  async #handle(message: JsMsg, parsed: AnyEvent | undefined) {
    const event = parsed ?? parseEvent(message.json());
    const handler = handlerOf(this.#handlers, event.type);
    const delivery = { attempt: message.info.deliveryCount };
    await inStory(storyOf(event), () => handler?.(event, delivery));
  }

  #pause(error: unknown, forMs = UNAVAILABLE_PAUSE_MS) {
    this.#options.onTrouble(error);
    this.#paused ??= pause(this.#options.clock, forMs).then(() => {
      this.#paused = undefined;
    });
  }

  /** Puts an event aside, for later or for good. Returns false when not even that could be saved. */
  async #fail(message: JsMsg, error: unknown): Promise<boolean> {
    const { clock, onDeadLetter } = this.#options;
    const { stream, streamSequence, timestampNanos } = message.info;
    // A stream that was lost and created again numbers from one again.
    const id = `${stream} ${streamSequence} ${timestampNanos}`;
    try {
      const failures = await this.#letters.fail(id, message.string(), error, clock.now());
      const next = afterFailure(failures, this.#options);
      if (next.kind === 'retry') {
        tell(() => message.nak(next.forMs));
        return true;
      }
      await this.#letters.bury(id, clock.now());
    } catch (failure) {
      if (!(failure instanceof Unavailable)) throw failure;
      this.#pause(failure);
      return false;
    }
    tell(() => message.ack());
    onDeadLetter(this.#group, error, message.string());
    return true;
  }

  /** Keeps messages in flight from being delivered to another process, however long their handlers take. */
  #stillWorking() {
    const { clock, ackWaitMs } = this.#options;
    this.#cancelWorking = clock.after(ackWaitMs / 4, () => {
      for (const message of this.#inFlight) tell(() => message.working());
      this.#stillWorking();
    });
  }
}

/** An answer is lost once the connection is closed; the event is then delivered again. */
function tell(answer: () => void) {
  try {
    answer();
  } catch (error) {
    if (!(error instanceof ClosedConnectionError)) throw error;
  }
}
