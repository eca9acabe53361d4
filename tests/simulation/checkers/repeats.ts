/** Checks that an unchanged state is said again only so often: two services must not answer each other for ever. */
import type { Write } from './ledger.ts';
import { must } from './violation.ts';

/** A reminder comes each minute, and every late or doubled event is answered once. */
const MOST_TIMES = 30;

const AGAIN = /^(ticket\.(reserved|sold)|charge\.(authorized|completed|failed)|order\.)/;

const statusOf = (record: Write['before']) => {
  const { status, charge } = record as { status?: string; charge?: { status: string } | null };
  return charge?.status ?? status;
};

export class Repeats {
  readonly #times = new Map<string, number>();

  /** @throws Violation */
  look({ table, before, after, events }: Write): void {
    if (before === undefined || statusOf(before) !== statusOf(after)) return;
    if (!events.some(({ type }) => AGAIN.test(type))) return;
    const name = `${table} ${after.id}`;
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times);
    const message = () => `${name} was said again ${times} times`;
    must('saying again is bounded', times <= MOST_TIMES, message);
  }
}
