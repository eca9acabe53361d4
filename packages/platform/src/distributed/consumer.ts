import { setImmediate } from 'node:timers/promises';
import { inStory, storyOf } from '@fairseat/common/context';
import { Unavailable } from '@fairseat/common/errors';
import { type AnyEvent, parseEvent } from '@fairseat/common/events';
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
  isForOthers,
  UNAVAILABLE_PAUSE_MS,
} from '../delivery.ts';
import type { InTurn } from '../in-turn.ts';
import type { Letters } from './letters.ts';
import type { Nats } from './nats.ts';
import { isMissing, type Stream } from './streams.ts';
import { fromWire } from './wire.ts';

export interface ConsumerOptions extends DeliveryTiming {
  clock: Clock;
  /** A message that its process was silent about for this long is delivered to another. */
  ackWaitMs: number;
  onDeadLetter: (group: string, reason: unknown, body: string) => void;
  onTrouble: (error: unknown) => void;
}

const MAX_IN_FLIGHT = 128;
const PULL_MS = 10_000;
/** How long until what one replica has no handler for is offered again. */
const GIVE_BACK_MS = 250;

/** One group of consumers, and what its consumers in this process share. */
export interface Group {
  name: string;
  handlers: Handlers;
  letters: Letters;
  /** Events of one record come from several durables. */
  deliveries: InTurn;
}

/** A message with the JSON that it holds, and the event, unless that is no valid one. */
interface Received {
  message: JsMsg;
  body: string;
  event: AnyEvent | undefined;
}

/** The durable that a consumer pulls from. */
export interface Source {
  stream: Stream;
  durable: string;
  /** Makes it again where it was lost. */
  declare: () => Promise<unknown>;
  /** What becomes of an event; without it, each is handled. */
  verdict?: (message: JsMsg) => 'handle' | 'acknowledge' | 'give back';
}

/**
 * Pulls from one durable. All replicas of a service pull from the same ones, so each event goes to one of them. Events
 * of different records are handled at the same time, those of one record in turn as far as they come to the same
 * process. An event is acknowledged once its handler has returned.
 */
export class Consumer {
  readonly #nats: Nats;
  readonly #source: Source;
  readonly #group: Group;
  readonly #options: ConsumerOptions;
  readonly #inFlight = new Set<JsMsg>();
  #pulling: ConsumerMessages | undefined;
  #running = false;
  #loop = Promise.resolve();
  /** Set while an engine is away: nothing new begins until it resolves. */
  #paused: Promise<void> | undefined;
  #slotFree = Promise.withResolvers<void>();
  #cancelWorking = () => {};

  constructor(nats: Nats, source: Source, group: Group, options: ConsumerOptions) {
    this.#nats = nats;
    this.#source = source;
    this.#group = group;
    this.#options = options;
    // The client itself would look for the consumer first and, if that fails, wait PULL_MS before the next try.
    nats.onReconnect(() => this.#pulling?.stop());
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
    const consumer = await streams.consumers.get(this.#source.stream.name, this.#source.durable);
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
      await this.#source.declare();
    } catch (failure) {
      this.#options.onTrouble(failure);
    }
  }

  #accept(message: JsMsg) {
    if (!this.#running) {
      tell(() => message.nak());
      return;
    }
    const verdict = this.#source.verdict?.(message) ?? 'handle';
    if (verdict !== 'handle') {
      tell(() => (verdict === 'acknowledge' ? message.ack() : message.nak(GIVE_BACK_MS)));
      return;
    }
    const body = fromWire(message.data);
    const event = asEvent(body);
    const subject = event?.subject ?? String(message.seq);
    this.#inFlight.add(message);
    this.#group.deliveries.add(
      subject,
      () => this.#deliver({ message, body, event }),
      () => {
        this.#inFlight.delete(message);
        this.#slotFree.resolve();
        this.#slotFree = Promise.withResolvers();
      },
    );
  }

  async #deliver(received: Received) {
    const { message } = received;
    for (let conflicts = 0; this.#running; ) {
      await this.#paused;
      try {
        await this.#handle(received);
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
        else if (await this.#fail(received, error)) return;
      }
    }
    tell(() => message.nak());
  }

  async #handle({ message, body, event: parsed }: Received) {
    const { handlers } = this.#group;
    if (!parsed && isForOthers(handlers, body)) return;
    const event = parsed ?? parseEvent(JSON.parse(body));
    const handler = handlerOf(handlers, event.type);
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
  async #fail({ message, body }: Received, error: unknown): Promise<boolean> {
    const { onDeadLetter } = this.#options;
    const { stream, streamSequence, timestampNanos } = message.info;
    // A stream that was lost and created again numbers from one again.
    const id = `${stream} ${streamSequence} ${timestampNanos}`;
    try {
      const failures = await this.#group.letters.fail(id, body, error);
      const next = afterFailure(failures, this.#options);
      if (next.kind === 'retry') {
        tell(() => message.nak(next.forMs));
        return true;
      }
      await this.#group.letters.bury(id);
    } catch (failure) {
      if (!(failure instanceof Unavailable)) throw failure;
      this.#pause(failure);
      return false;
    }
    tell(() => message.ack());
    onDeadLetter(this.#group.name, error, body);
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
