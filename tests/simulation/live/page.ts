/** An open page: it follows tickets over live streams, reads them afresh when told so, and goes elsewhere now and then. */
import type { Ledger } from '../checkers/ledger.ts';
import type { Cluster } from '../cluster.ts';
import { bodyOf } from '../exchange.ts';
import type { Surroundings } from '../life.ts';
import { untilMs } from '../life.ts';
import type { Stream } from './stream.ts';

const RECONNECTS_AFTER_MS = 2000;
const LOOKS_EVERY_MS = 1000;
/** It shows this many tickets, of those known last. */
const MOST_TICKETS = 20;
const LONGEST_VISIT_MS = 300_000;
/** Some leave while their session is looked up. */
const SHORT_VISIT_MS = 8;

export class Page {
  readonly #world: Surroundings;
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #random: () => number;
  readonly #number: number;
  /** The version shown of each ticket. */
  #shown = new Map<string, number>();
  #stream: Stream | undefined;
  #asked = 0;
  #isLeaving = false;
  /** Stays where it is, once the run is to come to rest. */
  stays = false;

  constructor(world: Surroundings, cluster: Cluster, number: number) {
    this.#world = world;
    this.#cluster = cluster;
    this.#number = number;
    this.#name = `page-${number}`;
    this.#random = world.simulation.random(this.#name);
  }

  /** Resolves once it has left for good. */
  async live(): Promise<void> {
    const { simulation } = this.#world;
    while (!this.#isLeaving && !this.#world.isOver()) {
      const isShort = this.#random() < 0.2;
      const visitMs = isShort ? SHORT_VISIT_MS : LONGEST_VISIT_MS;
      const leavesAtMs = simulation.nowMs + this.#random() * visitMs;
      const stream = this.#open();
      const goesOn = () => stream?.isOpen && (this.stays || simulation.nowMs < leavesAtMs);
      const stepMs = Math.min(LOOKS_EVERY_MS, leavesAtMs - simulation.nowMs);
      await this.#pass(isShort ? stepMs : LOOKS_EVERY_MS);
      while (goesOn() && !this.#isLeaving) await this.#pass(LOOKS_EVERY_MS);
      stream?.end();
      await this.#pass(RECONNECTS_AFTER_MS);
    }
  }

  /** Returns what it shows that is not so. */
  wrong(ledger: Ledger): string[] {
    if (!this.#stream?.isOpen) return [`${this.#name} has no stream`];
    return [...this.#shown].flatMap(([id, version]) => {
      const last = ledger.tickets.get(id)?.version;
      return version === last
        ? []
        : [`${this.#name} shows ticket ${id} at ${version}, not ${last}`];
    });
  }

  leave() {
    this.#isLeaving = true;
    this.#stream?.end();
  }

  #open(): Stream | undefined {
    const { market } = this.#world;
    const ids = market.tickets.slice(-MOST_TICKETS).map(({ id }) => id);
    this.#shown = new Map(ids.map((id) => [id, 0]));
    const query = ids.length > 0 ? `?tickets=${ids}` : '';
    const cookie = market.person(this.#number).cookie;
    const story = `${this.#name}-${++this.#asked}`;
    this.#stream = this.#cluster.listen({ query, cookie, story }, this.#random(), (text) =>
      this.#read(text),
    );
    return this.#stream;
  }

  #read(text: string) {
    const [, name, data = ''] = /^event: (\w+)\ndata: (.*)\n/.exec(text) ?? [];
    if (name === 'reset') for (const id of this.#shown.keys()) void this.#refresh(id);
    if (name === 'ticket') {
      const { id, version } = JSON.parse(data) as { id: string; version: number };
      this.#show(id, version);
    }
  }

  async #refresh(id: string) {
    const stream = this.#stream;
    const nobody = { number: this.#world.plan.people + 2 + this.#number, userId: '' };
    while (stream?.isOpen && stream === this.#stream) {
      const story = `${this.#name}-${++this.#asked}`;
      const asked = { route: 'GET /api/tickets/:id', id } as const;
      const reply = await this.#world.client.ask({ ...nobody, cookie: undefined }, asked, story);
      if (reply?.status === 200) return this.#show(id, bodyOf(reply).version ?? 0);
      await this.#pass(RECONNECTS_AFTER_MS);
    }
  }

  /** Records may come late: the highest version is right. */
  #show(id: string, version: number) {
    const shown = this.#shown.get(id);
    if (shown !== undefined && version > shown) this.#shown.set(id, version);
  }

  #pass(ms: number) {
    return untilMs(this.#world, this.#world.simulation.nowMs + ms);
  }
}
