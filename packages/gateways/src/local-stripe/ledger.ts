/** Where the local Stripe keeps its entries. */
import { VersionConflict } from '@fairseat/common/errors';
import type { Table } from '@fairseat/common/ports';
import type { Scene } from './acts.ts';
import {
  ANSWERS_KEPT_MS,
  type Entry,
  type Payment,
  type SavedAnswer,
  type Token,
  wakesAt,
} from './model.ts';
import { elapse } from './time.ts';

const PAGE = 200;

export class Ledger {
  readonly #table: Table<Entry>;
  /** Called with the time at which an entry wants to be looked at. */
  readonly #wake: (at: number) => void;

  constructor(table: Table<Entry>, wake: (at: number) => void) {
    this.#table = table;
    this.#wake = wake;
  }

  /** The payment that holds the object of this id. */
  async payment(id: string): Promise<Payment | undefined> {
    const entry = await this.#table.getByKey('part', id);
    return entry?.kind === 'payment' ? entry : undefined;
  }

  async token(id: string): Promise<Token | undefined> {
    const entry = await this.#table.get(id);
    return entry?.kind === 'token' ? entry : undefined;
  }

  /** The answer that this key got; an answer that is too old is forgotten. */
  async savedAnswer(key: string, now: number): Promise<SavedAnswer | undefined> {
    const entry = await this.#table.getByKey('answer', key);
    const answer = entry?.answers.find((each) => each.key === key);
    if (!entry || !answer || answer.at + ANSWERS_KEPT_MS > now) return answer;
    await this.#forget(entry, answer);
    return this.savedAnswer(key, now);
  }

  async #forget(entry: Entry, answer: SavedAnswer): Promise<void> {
    const answers = entry.answers.filter((each) => each !== answer);
    const next = { ...entry, version: entry.version + 1, answers };
    await this.#table.replace(entry, next).catch((error) => {
      if (!(error instanceof VersionConflict)) throw error;
    });
  }

  async insert(entry: Entry): Promise<void> {
    await this.#table.insert(entry);
    this.#wakeFor(entry);
  }

  /** Changes a payment, whoever else does so at the same time. */
  async change<T>(payment: Payment, scene: Scene, act: (draft: Payment) => T): Promise<T> {
    let current = payment;
    for (;;) {
      const draft = structuredClone(current);
      elapse(draft, scene);
      const result = act(draft);
      draft.version += 1;
      try {
        await this.#table.replace(current, draft);
        this.#wakeFor(draft);
        return result;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
        current = (await this.#table.get(payment.id, { latest: true })) as Payment;
      }
    }
  }

  /** The payment as it is by now. */
  async current(payment: Payment, scene: Scene): Promise<Payment> {
    if (payment.upcoming.every(({ at }) => at > scene.now)) return payment;
    return this.change(payment, scene, (draft) => draft);
  }

  /** All payments, in no order. */
  async *payments(): AsyncGenerator<Payment> {
    let behind = '';
    for (;;) {
      const entries = await this.#table.walk(behind, PAGE);
      for (const entry of entries) if (entry.kind === 'payment') yield entry;
      const last = entries.at(-1);
      if (!last) return;
      behind = last.id;
    }
  }

  /** When something is to happen next; undefined for never. */
  async nextWake(): Promise<number | undefined> {
    const [first] = await this.#table.due('wakes', Number.MAX_SAFE_INTEGER, 1);
    return first && (wakesAt(first) ?? undefined);
  }

  /** Payments to which something is to happen by now. */
  async due(now: number): Promise<Payment[]> {
    return (await this.#table.due('wakes', now, PAGE)) as Payment[];
  }

  #wakeFor(entry: Entry) {
    const at = wakesAt(entry);
    if (at !== null) this.#wake(at);
  }
}
