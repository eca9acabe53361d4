/** The way between people and the marketplace, on which requests and answers may be lost; and what passed on it. */
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
  /** How many versions there are of the record that a request is about. */
  versionsOf(ask: Ask): number;
  onAsked(exchange: Exchange): void;
  onAnswered(exchange: Exchange): void;
}

/** People give up when nothing has come for so long. */
const PATIENCE_MS = 30_000;
/** How long one trip takes. */
const trip = (die: number) => 1 + Math.floor(die * 20);

export class Client {
  readonly exchanges: Exchange[] = [];
  readonly #options: ClientOptions;
  #places = 0;
  /** From then on nothing is lost on the way. */
  isReliable = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Answers undefined when there was no answer, for whatever reason.
   * `story` must be a name of its own: all luck of the request comes from it.
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
    const { number: person, userId, cookie } = asker;
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

  /** An answer that comes after the person has given up is not heard. */
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

/** The trace of a request is named like it. */
export function storyNamed(correlationId: string) {
  const hex = Buffer.from(correlationId).toString('hex').slice(0, 32).padEnd(32, '0');
  return { correlationId, traceId: hex };
}
