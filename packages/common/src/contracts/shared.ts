/**
 * Schemas that records and requests of every noun share.
 * Money is an integer in the currency's minor unit; times are ISO 8601 in UTC.
 */
import { z } from 'zod';

/** The fields of every stored record. */
export interface Stored {
  /** 32 lower-case hexadecimal digits. */
  id: string;
  /** 1 when inserted, raised by one at each write. */
  version: number;
  /** ISO 8601 in UTC; never changes. Pages are sorted by it, newest first. */
  createdAt: string;
}

/** An opaque id: 32 lower-case hexadecimal digits. */
export const idSchema = z
  .string('An id is text.')
  .regex(/^[0-9a-f]{32}$/, 'This is not an id that Fairseat has given out.');

export const timeSchema = z.iso.datetime();

export const versionSchema = z.int().positive().describe('Raised at each change.');

/** The highest price, in minor units: 999,999.99 of a currency with cents. */
export const MAX_PRICE = 99_999_999;

/** A price in the currency's minor unit (cents): a whole number from 1 to 99,999,999. */
export const priceSchema = z
  .number({ error: 'The price must be a whole number of the smallest unit, for example 4990.' })
  .int('The price must be a whole number of the smallest unit, for example 4990.')
  .min(1, 'The price must be at least 1.')
  .max(MAX_PRICE, 'The price must be at most 99999999.');

/** The length of a text in code points, not UTF-16 units: closer to what people count. */
export const characters = (text: string) => [...text].length;

/** Invisible characters that shape the one before: joiners of scripts and emoji, variation selectors, tags of flags. */
const SHAPING = [
  /(?<=[\p{M}\p{Emoji_Modifier}\p{Extended_Pictographic}]|(?![\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}])\p{L})[\u200c\u200d]/u,
  /(?<=[\d#*\p{Extended_Pictographic}\p{sc=Han}\p{sc=Mongolian}])\p{Variation_Selector}/u,
  /(?<=\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0020}-\u{e007f}]/u,
];
const INVISIBLE = new RegExp(
  `(${SHAPING.map(({ source }) => source).join('|')})|[\\p{Default_Ignorable_Code_Point}\\p{Bidi_Control}]`,
  'gu',
);

/** The text composed (NFC), without what cannot be seen or turns the direction of what follows. */
const tamed = (text: string) => text.normalize('NFC').replace(INVISIBLE, '$1');

/** Whether a text has more than space, marks without a letter, and the empty pattern of Braille. */
const isVisible = (text: string) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replaceAll('\u2800', ''));

/**
 * A line of text of 1 to so many characters that can be seen, without control characters; invisible ones and surrounding
 * white space are dropped. One that is `optional()` has one way to be empty: to be left out.
 */
export const lineSchema = (name: string, most: number) =>
  z
    .string(`The ${name} must be text.`)
    // What is far too long is refused before its characters are counted.
    .max(5 * most, `The ${name} may have at most ${most} characters.`)
    .refine(
      (text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
      `The ${name} must not contain control characters or broken Unicode.`,
    )
    .overwrite(tamed)
    .trim()
    .refine((text) => characters(text) <= most, `The ${name} may have at most ${most} characters.`)
    .min(1, `The ${name} must not be empty.`)
    .refine(
      (text) => text === '' || isVisible(text),
      `The ${name} must have a character that can be seen.`,
    )
    .meta({ maxLength: most });

/** A request body with these fields and no others. */
export const body = <S extends z.ZodRawShape>(fields: S) =>
  z.strictObject(fields, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return 'Send a JSON object as the body.';
      if (issue.code === 'unrecognized_keys') return `Leave out what is unknown: ${issue.keys}.`;
      return undefined;
    },
  });

/** Returns a function that is true for two records that agree in all fields of the schema. */
export const sameIn =
  <S extends z.ZodType>(schema: S) =>
  (a: z.infer<S>, b: z.infer<S>) =>
    JSON.stringify(schema.parse(a)) === JSON.stringify(schema.parse(b));

export const byId = z.strictObject({ id: idSchema });

export const pageQuery = {
  cursor: z
    .string('Use one cursor.')
    .max(200, 'Use the nextCursor of the page before.')
    .optional()
    .describe('The nextCursor of the page before.'),
  limit: z.coerce
    .number('The limit must be a number from 1 to 100.')
    .int('The limit must be a whole number.')
    .min(1, 'The limit must be at least 1.')
    .max(100, 'The limit must be at most 100.')
    .default(20),
};

export const nextCursorSchema = z
  .string()
  .nullable()
  .describe('Where the next page begins; null on the last.');

/** `Idempotency-Key`, wherever a record is made by POST. It is checked where it is read. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      'The same key and body: the same record, as it stands now, for as long as that is kept. Another body: 422.',
    )
    .meta({ minLength: 1, maxLength: 255, pattern: '^[ -~]*$' }),
});
