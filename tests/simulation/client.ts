/** The network between people and the marketplace, which may lose requests and answers; and a record of all of them. */
import type { Simulation } from '@fairseat/platform/simulated';
import type { Cluster } from './cluster.ts';
import type { DoorReply } from './door.ts';
import { type Ask, type Exchange, methodOf, urlOf } from './exchange.ts';
import type { Plan } from './plan.ts';

export interface Asker {
  number: number;
  userId: string;
  cookie: string | undefined;
}

export interface ClientOptions {
  simulation: Simulation;
  cluster: Cluster;
  plan: Plan;
  /** Returns the number of versions so far of the record that a request is about. */
  versionsOf(ask: Ask): number;
  onAsked(exchange: Exchange): void;
  onAnswered(exchange: Exchange): void;
}

/** People give up waiting for an answer after this time. */
const PATIENCE_MS = 30_000;
/** Returns the time of one trip. */
const trip = (die: number) => 1 + Math.floor(die * 20);

export class Client {
  readonly exchanges: Exchange[] = [];
  readonly #options: ClientOptions;
  #places = 0;
  /** When true, nothing is lost any more. */
  isReliable = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request. Resolves with undefined when there was no answer, for whatever reason.
   * `story` must be unique: all luck of the request is drawn from it.
   */
  ask(asker: Asker, ask: Ask, story: string): Promise<DoorReply | undefined> {
    const { simulation, cluster, plan, versionsOf, onAsked } = this.#options;
    const random = simulation.random(`way of ${story}`);
    const [there, back, replica, lostThere, lostBack] = Array.from({ length: 5 }, random) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const { number: person, userId } = asker;
    // Whoever signs in does so on another device: here nobody takes the cookie in place of the one they have.
    const cookie = / .api.users.sign(in|up)$/.test(ask.route) ? undefined : asker.cookie;
    const exchange: Exchange = {
      ...ask,
      story,
      person,
      userId,
      cookie,
      from: ++this.#places,
      to: Number.POSITIVE_INFINITY,
      askedAtMs: simulation.nowMs,
      versions: versionsOf(ask),
    };
    this.exchanges.push(exchange);
    onAsked(exchange);

    const { promise, resolve } = Promise.withResolvers<DoorReply | undefined>();
    const after = (ms: number, work: () => void) => simulation.at(simulation.nowMs + ms, work);
    const deliver = async () => {
      const { body, headers = {} } = ask;
      const asked = { method: methodOf(ask.route), url: urlOf(ask), body, headers, cookie };
      const reply = await cluster.request(asked, storyNamed(story), replica);
      if (this.isReliable || lostBack >= plan.replyLost) {
        after(trip(back), () => this.#answered(exchange, reply, resolve));
      }
    };
    if (this.isReliable || lostThere >= plan.requestLost) {
      after(trip(there), () => void deliver());
    }
    after(PATIENCE_MS, () => resolve(undefined));
    return promise;
  }

  /** Drops an answer that comes after the person has given up. */
  #answered(exchange: Exchange, reply: DoorReply, resolve: (reply: DoorReply) => void) {
    const { simulation, onAnswered } = this.#options;
    if (simulation.nowMs >= exchange.askedAtMs + PATIENCE_MS) return;
    exchange.to = ++this.#places;
    exchange.answeredAtMs = simulation.nowMs;
    exchange.reply = reply;
    onAnswered(exchange);
    resolve(reply);
  }
}

/** Returns the story of a request, whose trace id is made from its name. */
export function storyNamed(correlationId: string) {
  const hex = Buffer.from(correlationId).toString('hex').slice(0, 32).padEnd(32, '0');
  return { correlationId, traceId: hex };
}
