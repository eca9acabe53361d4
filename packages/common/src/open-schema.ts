/** Schemas derived from those of writers, for which a value that a newer release added to an enum is no error. */
import { z } from 'zod';

/** What a reader gets in place of a value that it does not know. */
const OTHER = 'other';

/** The type of a record as its readers get it: `'other'` wherever it has an enum or a literal text. */
export type Open<T> = T extends string
  ? string extends T
    ? T
    : T | typeof OTHER
  : T extends readonly (infer E)[]
    ? Open<E>[]
    : T extends object
      ? { [K in keyof T]: Open<T[K]> }
      : T;

/** The schema in place of an enum or a literal of these texts. */
type TextOf = (known: ReadonlySet<string>) => z.ZodType;

const orOther: TextOf = (known) =>
  z.string().transform((value) => (known.has(value) ? value : OTHER));

/** Of a record that a replica of a newer release may have written: it is answered as it is. */
export const asSaved: TextOf = () => z.string();

/** The same to be published: what a reader got in place of a value is none. */
export const asSavedByOwner: TextOf = (known) =>
  z.string().refine((value) => known.has(value) || value !== OTHER, 'Published as it was read.');

/**
 * Returns the schema for readers of what fits `schema`: any text in place of an enum's values or a literal, read as
 * `'other'` if unknown, and further properties, which are left out. It looks into objects, arrays and whatever may be
 * null or missing; everything else, unions among them, stays as it is.
 */
export function openSchema(schema: z.ZodObject, textOf?: TextOf): z.ZodObject;
export function openSchema(schema: z.core.$ZodType, textOf?: TextOf): z.ZodType;
export function openSchema(schema: z.core.$ZodType, textOf = orOther): z.ZodType {
  const open = (part: z.core.$ZodType) => openSchema(part, textOf);
  if (schema instanceof z.ZodObject) {
    const shape = Object.entries(schema.shape).map(([key, value]) => [key, open(value)]);
    return cloned(schema, { shape: Object.fromEntries(shape), catchall: undefined });
  }
  if (schema instanceof z.ZodArray) return cloned(schema, { element: open(schema.element) });
  if (isWrapper(schema)) return cloned(schema, { innerType: open(schema.def.innerType) });
  const values = valuesOf(schema);
  const areTexts = values?.every((value) => typeof value === 'string');
  return values && areTexts ? textOf(new Set(values as string[])) : (schema as z.ZodType);
}

function valuesOf(schema: z.core.$ZodType): unknown[] | undefined {
  if (schema instanceof z.ZodEnum) return schema.options;
  return schema instanceof z.ZodLiteral ? [...schema.values] : undefined;
}

const isWrapper = (schema: z.core.$ZodType) =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodReadonly;

/** With the checks that the schema has. */
const cloned = <S extends z.ZodType>(schema: S, changes: object): S =>
  z.core.clone(schema, { ...schema.def, ...changes } as S['_zod']['def']);
