import type { Stored } from '@fairseat/common/ports';
import { END } from '../cursor.ts';

export type Value = string | number;

interface Row {
  value: Value;
  created: string;
  id: string;
}

const isOlder = (a: Row, b: Row) => (a.created !== b.created ? a.created < b.created : a.id < b.id);

/** Rows in the order of their value, then oldest first. */
export class Index {
  readonly #rows: Row[] = [];

  add(value: Value, { createdAt: created, id }: Stored) {
    this.#rows.splice(this.#from(value, created, id), 0, { value, created, id });
  }

  drop(value: Value, { createdAt, id }: Stored) {
    this.#rows.splice(this.#from(value, createdAt, id), 1);
  }

  /** The ids of all with any of these values that are older than that, newest first. */
  *newest(values: Value[], created: string, id: string) {
    for (;;) {
      const rows = values.flatMap((value) => this.#lastBefore(value, created, id));
      const [first, ...others] = rows;
      if (!first) return;
      const next = others.reduce((a, b) => (isOlder(a, b) ? b : a), first);
      yield next.id;
      ({ created, id } = next);
    }
  }

  #lastBefore(value: Value, created: string, id: string): Row[] {
    const row = this.#rows[this.#from(value, created, id) - 1];
    return row?.value === value ? [row] : [];
  }

  upTo(value: Value, limit: number): string[] {
    const ids: string[] = [];
    for (const row of this.#rows) {
      if (row.value > value || ids.length === limit) break;
      ids.push(row.id);
    }
    return ids;
  }

  count(value: Value): number {
    return this.#from(value, END[0], END[1]) - this.#from(value, '', '');
  }

  /** The place of the first row that does not come before this one. */
  #from(value: Value, created: string, id: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle] as Row;
      const isBefore =
        row.value !== value
          ? row.value < value
          : row.created !== created
            ? row.created < created
            : row.id < id;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
