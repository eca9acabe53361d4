/** Purchases that begin at a constant rate, however long earlier ones take, or one after the other. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Counts, Person } from './person.ts';
import { type Promised, purchase } from './purchase.ts';

const PEOPLE = 8;
/** A purchase that takes longer is stuck. */
const OVER_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 20;

interface Sold {
  begunAt: number;
  endedAt: number;
}

export class Load {
  readonly counts: Counts = { requests: 0, failed: 0, cuts: [] };
  readonly promised: Promised[] = [];
  /** Purchases that did not come to an end. */
  readonly stuck: string[] = [];
  readonly #sold: Sold[] = [];
  readonly #url: string;
  readonly #perSecond: number;
  /** Sellers and buyers; one purchase in ten has a buyer of its own besides. */
  readonly people: Person[] = [];
  readonly #underway = new Set<Promise<void>>();
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  private constructor(url: string, perSecond: number) {
    this.#url = url;
    this.#perSecond = perSecond;
  }

  /** `perSecond` is for `begin`. */
  static async at(url: string, perSecond = 1): Promise<Load> {
    const load = new Load(url, perSecond);
    const deadline = Date.now() + OVER_WITHIN_MS;
    for (let n = 0; n < PEOPLE; n++) load.people.push(await load.#newPerson(deadline));
    return load;
  }

  begin() {
    this.#timer = setInterval(() => this.#start(), 1000 / this.#perSecond);
  }

  /** Keeps so many purchases under way, however busy the machine is. */
  beginInTurn(atOnce: number) {
    const again = () => {
      if (!this.#isOver) void this.#start().then(again);
    };
    for (let count = 0; count < atOnce; count++) again();
  }

  #start(): Promise<void> {
    const next = this.#purchase(++this.#number)
      .catch((error) => {
        this.stuck.push(`a purchase is stuck: ${error.message}`);
      })
      .finally(() => this.#underway.delete(next));
    this.#underway.add(next);
    return next;
  }

  /** Begins no more purchases, and resolves once those under way are over. */
  async end() {
    clearInterval(this.#timer);
    this.#isOver = true;
    await Promise.all(this.#underway);
  }

  /** Resolves once the purchases that are now under way are over, while others begin. */
  async caughtUp() {
    await Promise.all(this.#underway);
  }

  /** The end of the first purchase that began after `since`; undefined if none ended within that time. */
  async soldSince(since: number, withinMs: number): Promise<number | undefined> {
    for (;;) {
      const after = this.#sold.filter(({ begunAt }) => begunAt >= since);
      if (after.length > 0) return Math.min(...after.map(({ endedAt }) => endedAt));
      if (Date.now() > since + withinMs) return undefined;
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** The number of tickets sold between two moments. */
  soldBetween = (from: number, to: number) =>
    this.#sold.filter(({ endedAt }) => endedAt >= from && endedAt <= to).length;

  async #purchase(number: number) {
    const begunAt = Date.now();
    const deadline = begunAt + OVER_WITHIN_MS;
    const person = (n: number) => this.people[(number + n) % PEOPLE] as Person;
    // A new user buys one in ten; two people want one in four.
    const first = number % 10 === 0 ? await this.#newPerson(deadline) : person(1);
    const isSold = await purchase({
      number,
      title: `Seat ${number}`,
      seller: person(0),
      buyers: number % 4 === 0 ? [first, person(2)] : [first],
      later: person(3),
      deadline,
      promise: (promised) => this.promised.push(promised),
    });
    if (isSold) this.#sold.push({ begunAt, endedAt: Date.now() });
  }

  #newPerson = (deadline: number) => new Person(this.#url, this.counts).signUp(deadline);
}
