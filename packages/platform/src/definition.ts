/** What of a table's definition records may not know that were written under another one, and how those are read. */
import { createHash } from 'node:crypto';
import { Unavailable } from '@fairseat/common/errors';
import type { Clock, Stored, TableDefinition } from '@fairseat/common/ports';
import { TERM_RULES } from '@fairseat/common/search';

/** Parts of a definition by name, each with a fingerprint that changes when it would answer differently. */
export type Parts = Record<string, string>;

/** Never a fingerprint: made by a Fairseat that kept none. */
export const OLDER = 'older';

export const keyPart = (name: string) => `key ${name}`;
export const indexPart = (name: string) => `index ${name}`;
export const WORDS = 'words';
export const FORGET = 'forget';
export const REQUIRED = 'required';

/** Must be right before anybody reads or writes. */
export const isNeededAtStart = (part: string) => part === REQUIRED || part.startsWith(keyPart(''));

/** By the functions alone: what lies under the same name in another version of the definition. */
export function sourcesOf<R extends Stored>(definition: TableDefinition<R>): Parts {
  const {
    unique = {},
    uniqueEach = {},
    indexes = {},
    text,
    ended,
    forgetAt,
    required,
  } = definition;
  const sources: [string, string][] = [
    ...Object.entries({ ...unique, ...uniqueEach }).map(named(keyPart)),
    ...Object.entries(indexes).map(named(indexPart)),
  ];
  if (text) sources.push([WORDS, `${text} ${ended?.is} ${TERM_RULES}`]);
  if (forgetAt) sources.push([FORGET, String(forgetAt)]);
  if (required || isUnreadable(definition)) sources.push([REQUIRED, `${required}`]);
  return Object.fromEntries(sources.map(([part, source]) => [part, fingerprint(source)]));
}

/** By all that the values of a part follow from. */
export function partsOf<R extends Stored>(definition: TableDefinition<R>): Parts {
  const shape = `${versionOf(definition)} ${definition.upcast}`;
  const sources = Object.entries(sourcesOf(definition));
  return Object.fromEntries(sources.map(([part, source]) => [part, fingerprint(shape + source)]));
}

/** Raised, and nothing said of the records that are there. */
const isUnreadable = ({ version = 1, upcast }: { version?: number; upcast?: unknown }) =>
  version > 1 && upcast === undefined;

const named =
  (nameOf: (name: string) => string) =>
  ([name, value]: [string, unknown]): [string, string] => [nameOf(name), String(value)];

/** White space says nothing, and where types are stripped there is more of it. */
export const fingerprint = (source: string) =>
  createHash('sha256').update(source.replaceAll(/\s/g, '')).digest('hex').slice(0, 10);

export const versionOf = ({ version = 1 }: { version?: number }) => version;

/** A record as this definition has it; one that a newer version wrote, as it is. */
export function upcastTo<R extends Stored>(definition: TableDefinition<R>) {
  const current = versionOf(definition);
  const { upcast } = definition;
  return (record: Stored, writtenAs: number): R =>
    upcast && writtenAs < current ? upcast(record, writtenAs) : (record as R);
}

/** Why a record cannot be read by this definition, if so. */
export function whyUnfit<R extends Stored>(
  { required = [], ...definition }: TableDefinition<R>,
  record: R,
  writtenAs: number,
): string | undefined {
  if (writtenAs < versionOf(definition) && !definition.upcast) {
    return `was written in version ${writtenAs}, and version ${definition.version} has no upcast for it`;
  }
  const missing = required.find((field) => record[field] === undefined);
  return missing && `lacks the required field "${missing}", and no upcast gives it a value`;
}

export const isSameDefinition = <R extends Stored>(a: TableDefinition<R>, b: TableDefinition<R>) =>
  a === b ||
  (versionOf(a) === versionOf(b) && JSON.stringify(partsOf(a)) === JSON.stringify(partsOf(b)));

/** How far a table is that is being filled, in records. */
export interface Filling {
  table: string;
  done: number;
  about: number;
}

/** The line about a table that was left half filled: what these records had then, and what this version does. */
export const halfFilled = ({ table, done, about }: Filling, had: string, does: string) =>
  `${table} was left half filled: ${done} of ${about} records had ${had}. This version ${does}.`;

const LONGEST_WAIT_MS = 5000;

/** Waits for a run that fills a part. @throws Unavailable when it takes long, or ends before it is filled. */
export async function untilFilled(
  part: string,
  run: Promise<void>,
  clock: Clock,
  { isFilled, filling }: { isFilled: () => boolean; filling: () => Filling },
) {
  const late = Promise.withResolvers<'late'>();
  const cancel = clock.after(LONGEST_WAIT_MS, () => late.resolve('late'));
  const outcome = await Promise.race([run, late.promise]);
  cancel();
  if (outcome !== 'late' && isFilled()) return;
  const { table, done, about } = filling();
  throw new Unavailable(
    `The ${part} of ${table} is being filled: ${done} of about ${about} records are done.`,
  );
}
