/** Schemas for readers, derived from those of writers: a value that a newer release added to an enum is no error. */
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

/**
 * Returns the schema for readers of what fits `schema`: any text in place of an enum's values or a literal, read as
 * `'other'` if unknown, and further properties, which are left out. It looks into objects, arrays and whatever may be
 * null or missing; everything else, unions among them, stays as it is.
 */
export function openSchema(schema: z.ZodObject): z.ZodObject;
export function openSchema(schema: z.core.$ZodType): z.ZodType;
export function openSchema(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = Object.entries(schema.shape).map(([key, value]) => [key, openSchema(value)]);
    return cloned(schema, { shape: Object.fromEntries(shape), catchall: undefined });
  }
  if (schema instanceof z.ZodArray) return cloned(schema, { element: openSchema(schema.element) });
  if (isWrapper(schema)) return cloned(schema, { innerType: openSchema(schema.def.innerType) });
  if (schema instanceof z.ZodEnum) return orOther(schema, schema.options);
  if (schema instanceof z.ZodLiteral) return orOther(schema, [...schema.values]);
  return schema as z.ZodType;
}

function orOther(schema: z.ZodType, values: unknown[]): z.ZodType {
  if (!values.every((value) => typeof value === 'string')) return schema;
  const known = new Set<string>(values);
  return z.string().transform((value) => (known.has(value) ? value : OTHER));
}

const isWrapper = (schema: z.core.$ZodType) =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodReadonly;

/** With the checks that the schema has. */
const cloned = <S extends z.ZodType>(schema: S, changes: object): S =>
  z.core.clone(schema, { ...schema.def, ...changes } as S['_zod']['def']);
