/** The open pages of a run, and what must be true of them once all is quiet, and once they are gone. */
import type { Ledger } from '../checkers/ledger.ts';
import { must, Violation } from '../checkers/violation.ts';
import type { Cluster } from '../cluster.ts';
import { type Surroundings, untilMs } from '../life.ts';
import { Page } from './page.ts';

/** A stream that is cut is opened again, and a page reads what it shows: each takes seconds. */
const TRUE_WITHIN_MS = 60_000;
const LOOKS_EVERY_MS = 500;
const GONE_WITHIN_MS = 30_000;

export class Pages {
  readonly #world: Surroundings;
  readonly #cluster: Cluster;
  readonly #pages: Page[];
  readonly #lives: Promise<void>[];

  constructor(world: Surroundings, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    const { pages = 0 } = world.plan;
    this.#pages = Array.from({ length: pages }, (_, number) => new Page(world, cluster, number));
    this.#lives = this.#pages.map((page) => page.live());
  }

  /** @throws Violation unless each page soon shows the last state of all that it follows. */
  async showTheTruth(ledger: Ledger): Promise<void> {
    for (const page of this.#pages) page.stays = true;
    const wrong = () => this.#pages.flatMap((page) => page.wrong(ledger));
    if (!(await this.#becomes(() => wrong().length === 0, TRUE_WITHIN_MS))) {
      throw new Violation('a listener hears the last state', wrong().join('\n'));
    }
  }

  /** @throws Violation when a process still counts a stream, a topic or somebody who waits. */
  async leave(): Promise<void> {
    for (const page of this.#pages) page.leave();
    await Promise.all(this.#lives);
    await this.#becomes(() => this.#cluster.attended().length === 0, GONE_WITHIN_MS);
    const left = this.#cluster.attended();
    must('nobody is attended to who has gone', left.length === 0, () => left.join('\n'));
  }

  async #becomes(isSo: () => boolean, withinMs: number): Promise<boolean> {
    const { simulation } = this.#world;
    const latestMs = simulation.nowMs + withinMs;
    while (!isSo() && simulation.nowMs < latestMs && !this.#world.isOver()) {
      await untilMs(this.#world, simulation.nowMs + LOOKS_EVERY_MS);
    }
    return isSo() || this.#world.isOver();
  }
}
