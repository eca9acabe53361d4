import type { Stored } from '@fairseat/common/ports';
import { END } from '../cursor.ts';

export type Value = string | number;

interface Row {
  value: Value;
  created: string;
  id: string;
}

/** Rows in the order of their value, then oldest first. */
export class Index {
  readonly #rows: Row[] = [];

  add(value: Value, { createdAt: created, id }: Stored) {
    this.#rows.splice(this.#from(value, created, id), 0, { value, created, id });
  }

  drop(value: Value, { createdAt, id }: Stored) {
    this.#rows.splice(this.#from(value, createdAt, id), 1);
  }

  /** The ids of all with this value that are older than that, newest first. */
  *newest(value: Value, created: string, id: string) {
    for (let at = this.#from(value, created, id) - 1; at >= 0; at--) {
      const row = this.#rows[at] as Row;
      if (row.value !== value) return;
      yield row.id;
    }
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
