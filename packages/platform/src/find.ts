/** The search of all platforms: the records that a query matches, the index to walk, and the end of a page. */
import type { Page, Query, Stored, TableDefinition } from '@fairseat/common/ports';
import { soughtBy, termsOf } from '@fairseat/common/search';
import { cursorBehind, type Place, placeOf } from './cursor.ts';

/** The most records scanned for one page. A search that matches few ends early, with a cursor to go on. */
export const MAX_SCANNED = 2000;
/** Only this many terms of a query are counted, so that the rarest leads the walk. */
const MAX_COUNTED = 8;

export interface Search<R extends Stored> {
  /** The page has only records older than this place. */
  before: Place;
  /** Walk newest first along the rarest of these, each under one key or two; without any along the condition, else along all. */
  words: string[][];
  condition: [index: string, value: string] | undefined;
  /** True when every record of that walk matches the query. */
  isExact: boolean;
  newPage(): PageBuilder<R>;
}

/** Before the terms of ended records: no term begins like it. */
const ENDED = '-';

/** Under which keys the words of a record are kept. */
export function wordKeysOf<R extends Stored>(definition: TableDefinition<R>, record: R): string[] {
  const terms = termsOf(definition.text?.(record) ?? '');
  return definition.ended?.is(record) ? terms.map((term) => ENDED + term) : terms;
}

/** What those keys follow from. */
export const wordSourceOf = <R extends Stored>({ text, ended }: TableDefinition<R>, record: R) =>
  `${ended?.is(record) ?? false} ${text?.(record)}`;

/**
 * Returns undefined for a text without any word, which matches nothing.
 * @throws Problem (400) when the cursor is malformed.
 */
export function searchFor<R extends Stored>(
  query: Query,
  definition: TableDefinition<R>,
): Search<R> | undefined {
  const before = placeOf(query.cursor);
  const { indexes, text, ended } = definition;
  const sought = soughtBy(query.words ?? '');
  const { terms } = sought;
  if (query.words !== undefined && terms.length === 0) return undefined;
  const conditions = Object.entries(query.where ?? {});
  const isExact = sought.isExact && terms.length + conditions.length < 2;
  const hasEnded = ended !== undefined && query.where?.[ended.index] === undefined;
  const isFound = (record: R) =>
    conditions.every(([index, value]) => indexes?.[index]?.(record) === value) &&
    (terms.length === 0 || sought.isFoundIn(text?.(record) ?? ''));
  return {
    before,
    words: terms.slice(0, MAX_COUNTED).map((term) => (hasEnded ? [term, ENDED + term] : [term])),
    condition: conditions[0],
    isExact,
    // Words may be those of another definition, beside this one's.
    newPage: () =>
      new PageBuilder(query.limit, isExact && terms.length === 0 ? () => true : isFound),
  };
}

/** Returns the word with the lowest count. `counts` are the records with each word, up to `MAX_SCANNED`. */
export const rarest = (words: string[][], counts: number[]) =>
  words[counts.indexOf(Math.min(...counts))] as string[];

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
