/** Compares two versions of an event: whether readers of the one take what writers of the other publish. */
import { isDeepStrictEqual } from 'node:util';

/** A JSON Schema as zod writes it of an event. */
export type Schema = { readonly [keyword: string]: unknown };

export interface Finding {
  /** The property, such as `data.reason`. */
  path: string;
  what: string;
  advice: string;
}

interface Comparison {
  old: Schema;
  now: Schema;
  path: readonly string[];
}

interface Readers {
  /** Readers of the old version meet events of now, or the other way round. */
  are: 'old' | 'new';
  /** They take any text in place of an enum's values in `data`, and any further property. */
  open: boolean;
}

/** Whether readers of the old version take events of now. */
export const forward = (old: Schema, now: Schema, open: boolean): Finding[] =>
  compare({ old, now, path: [] }, { are: 'old', open });

/**
 * Whether readers of now take events of the old version. That they are open does not count: what was published is to be
 * read as what it was.
 */
export const backward = (old: Schema, now: Schema): Finding[] =>
  compare({ old, now, path: [] }, { are: 'new', open: false });

const KEEP = 'Leave it as it was, or add an optional property beside it.';
const KEEP_VALUE = 'Keep the value; services may stop publishing it.';
const WAIT = 'Add it after the next release, whose readers take new values.';

function compare(pair: Comparison, readers: Readers): Finding[] {
  const old = partsOf(pair.old);
  const now = partsOf(pair.now);
  const [taken, said] = readers.are === 'old' ? [old, now] : [now, old];
  const found = (what: string, advice = KEEP) => ({ path: pair.path.join('.'), what, advice });
  if (taken.isAny) return [];
  if (!takes(taken.type, said.type)) return [found(`was ${old.type}, is ${now.type}`)];
  const findings = [];
  if (said.isNullable && !taken.isNullable) {
    findings.push(found(readers.are === 'old' ? 'may be null now' : 'may no longer be null'));
  }
  const isData = pair.path[0] === 'data';
  const values = unknownValues(taken, said);
  if (values && readers.are === 'new') {
    findings.push(found(`can no longer be ${values}`, KEEP_VALUE));
  } else if (values && !(isData && readers.open && said.type === 'string')) {
    findings.push(found(`may be ${values} now`, isData ? WAIT : KEEP));
  }
  for (const keyword of keywordsOf(taken, said)) {
    if (narrower(keyword, taken, said)) findings.push(found(changeOf(keyword, old, now)));
  }
  return [...findings, ...compareProperties(pair, readers), ...compareItems(pair, readers)];
}

function compareProperties({ old, now, path }: Comparison, readers: Readers): Finding[] {
  const before = propertiesOf(old);
  const after = propertiesOf(now);
  const needed = (schema: Schema, name: string) => listOf(schema['required']).includes(name);
  const isClosed = old['additionalProperties'] === false && !(readers.open && path[0] === 'data');
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const at = [...path, name];
    const found = (what: string, advice: string) => [{ path: at.join('.'), what, advice }];
    const [was, is] = [before[name], after[name]];
    const isNeeded = needed(now, name);
    if (is === undefined) {
      if (readers.are === 'new') return [];
      return found('is gone', 'Keep it: once published, a property stays, and so does its name.');
    }
    if (was === undefined) {
      if (readers.are === 'old') {
        return isClosed ? found('is new in a closed object', 'Publish another event for it.') : [];
      }
      return isNeeded ? found('is new and required', 'Make it optional.') : [];
    }
    const wasNeeded = needed(old, name);
    const findings = compare({ old: was, now: is, path: at }, readers);
    if (readers.are === 'old' && wasNeeded && !isNeeded) {
      return [...findings, ...found('is no longer required', 'Keep it required.')];
    }
    if (readers.are === 'new' && isNeeded && !wasNeeded) {
      return [...findings, ...found('is required now', 'Keep it optional.')];
    }
    return findings;
  });
}

function compareItems({ old, now, path }: Comparison, readers: Readers): Finding[] {
  const [was, is] = [old['items'], now['items']] as (Schema | undefined)[];
  return was && is ? compare({ old: was, now: is, path: [...path, '[]'] }, readers) : [];
}

interface Parts {
  type: string;
  isAny: boolean;
  isNullable: boolean;
  /** Of an enum or a literal. */
  values: readonly unknown[] | undefined;
  keywords: Schema;
}

/** They are compared elsewhere, or say nothing about what fits. */
const OTHERS = ['$schema', 'properties', 'required', 'items', 'default', 'description', 'title'];

function partsOf(schema: Schema): Parts {
  const { anyOf, type, const: only, enum: values, ...rest } = schema;
  const orNull = nullable(anyOf);
  if (orNull) return { ...partsOf(orNull), isNullable: true };
  const keywords = Object.fromEntries(
    Object.entries({ ...rest, ...(anyOf !== undefined && { anyOf }) }).filter(
      ([keyword]) => !OTHERS.includes(keyword),
    ),
  );
  const types = listOf(type);
  return {
    type: types.filter((name) => name !== 'null').join(' or ') || (types[0] ?? 'anything'),
    isAny: Object.keys({ ...keywords, ...(type !== undefined && { type }) }).length === 0,
    isNullable: types.includes('null'),
    values: only === undefined ? (values as unknown[] | undefined) : [only],
    keywords: inclusive(types, keywords),
  };
}

/** What `anyOf` has beside null, if it is a schema and null. */
function nullable(anyOf: unknown): Schema | undefined {
  const options = (anyOf ?? []) as Schema[];
  const others = options.filter(({ type }) => type !== 'null');
  return options.length === 2 && others.length === 1 ? others[0] : undefined;
}

/** `exclusiveMinimum: 0` is `minimum: 1` of a whole number. */
function inclusive(types: readonly string[], keywords: Schema): Schema {
  const { exclusiveMinimum: above, ...rest } = keywords;
  if (!types.includes('integer') || typeof above !== 'number') return keywords;
  return { ...rest, minimum: above + 1 };
}

const takes = (taken: string, said: string) =>
  taken === said || (taken === 'number' && said === 'integer');

/** What the writer may say and the reader does not know. */
function unknownValues(taken: Parts, said: Parts): string | undefined {
  if (taken.values === undefined) return undefined;
  if (said.values === undefined) return `any ${said.type}`;
  const unknown = said.values.filter((value) => !taken.values?.includes(value));
  return unknown.length > 0 ? unknown.map((value) => JSON.stringify(value)).join(', ') : undefined;
}

const keywordsOf = (taken: Parts, said: Parts) =>
  new Set([...Object.keys(taken.keywords), ...Object.keys(said.keywords)]);

/** Whether the reader demands more by this keyword. What is neither a limit nor a form must not change at all. */
function narrower(keyword: string, taken: Parts, said: Parts): boolean {
  const [limit, published] = [taken.keywords[keyword], said.keywords[keyword]];
  if (isDeepStrictEqual(limit, published)) return false;
  if (/^min|^exclusiveMin/.test(keyword)) return isBeyond(limit, published, (a, b) => b < a);
  if (/^max|^exclusiveMax/.test(keyword)) return isBeyond(limit, published, (a, b) => b > a);
  const isForm = keyword === 'pattern' || keyword === 'format';
  return !isForm || limit !== undefined;
}

const isBeyond = (a: unknown, b: unknown, is: (a: number, b: number) => boolean) =>
  typeof a === 'number' && (typeof b !== 'number' || is(a, b));

const changeOf = (keyword: string, old: Parts, now: Parts) =>
  `had ${keyword} ${told(old.keywords[keyword])}, has ${told(now.keywords[keyword])}`;
const told = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));

const propertiesOf = (schema: Schema) => (schema['properties'] ?? {}) as Record<string, Schema>;
const listOf = (value: unknown) => (value === undefined ? [] : [value].flat()) as string[];
