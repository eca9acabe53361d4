/** The search of all platforms: the records that a query matches, the index to walk, and the end of a page. */
import type { Page, Query, Stored, TableDefinition } from '@fairseat/common/ports';
import { wordsOf } from '@fairseat/common/search';
import { cursorBehind, type Place, placeOf } from './cursor.ts';

/** The most records scanned for one page. A search that matches few ends early, with a cursor to go on. */
export const MAX_SCANNED = 2000;
/** Only this many words of a query are counted, so that the rarest leads the walk. */
const MAX_COUNTED = 8;

export interface Search<R extends Stored> {
  /** The page has only records older than this place. */
  before: Place;
  /** Walk newest first along the rarest of these words; without words along the condition, else along all records. */
  words: string[];
  condition: [index: string, value: string] | undefined;
  /** True when every record of that walk matches the query. */
  isExact: boolean;
  newPage(): PageBuilder<R>;
}

/**
 * Returns undefined for a text without any word, which matches nothing.
 * @throws Problem (400) when the cursor is malformed.
 */
export function searchFor<R extends Stored>(
  query: Query,
  definition: TableDefinition<R>,
): Search<R> | undefined {
  const before = placeOf(query.cursor);
  const words = query.words === undefined ? [] : wordsOf(query.words);
  if (query.words !== undefined && words.length === 0) return undefined;
  const conditions = Object.entries(query.where ?? {});
  const isExact = words.length + conditions.length < 2;
  const { indexes, text } = definition;
  const isFound = (record: R) =>
    conditions.every(([index, value]) => indexes?.[index]?.(record) === value) &&
    hasAll(words, text?.(record) ?? '');
  return {
    before,
    words: words.slice(0, MAX_COUNTED),
    condition: conditions[0],
    isExact,
    // Words may be those of another definition, beside this one's.
    newPage: () =>
      new PageBuilder(query.limit, isExact && words.length === 0 ? () => true : isFound),
  };
}

function hasAll(words: string[], text: string): boolean {
  if (words.length === 0) return true;
  const all = wordsOf(text);
  return words.every((word) => all.includes(word));
}

/** Returns the word with the lowest count. `counts` are the records with each word, up to `MAX_SCANNED`. */
export const rarest = (words: string[], counts: number[]) =>
  words[counts.indexOf(Math.min(...counts))] as string;

class PageBuilder<R extends Stored> {
  readonly #limit: number;
  readonly #isFound: (record: R) => boolean;
  readonly #records: R[] = [];
  #nextCursor: string | null = null;
  #scanned = 0;
  #last: R | undefined;

  constructor(limit: number, isFound: (record: R) => boolean) {
    this.#limit = limit;
    this.#isFound = isFound;
  }

  /** Takes the next record of the walk. Returns false when the page had ended before it. */
  take(record: R): boolean {
    if (this.#records.length === this.#limit || this.#scanned === MAX_SCANNED) {
      this.#nextCursor = this.#last ? cursorBehind(this.#last) : null;
      return false;
    }
    this.#scanned += 1;
    this.#last = record;
    if (this.#isFound(record)) this.#records.push(record);
    return true;
  }

  build(): Page<R> {
    return { records: this.#records, nextCursor: this.#nextCursor };
  }
}
