/** Parameters of requests: how forms are read, and how what is wrong with them is said, both as Stripe does. */
import { z } from 'zod';
import { type Failure, invalid } from './failure.ts';

/** Texts by name; `a[b]=c` makes a form within the form, and lists are forms whose names are numbers. */
export interface Form {
  [name: string]: string | Form;
}

const DEPTH = 8;

/** @throws Failure */
export function readForm(text: string): Form {
  const form: Form = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) put(form, pathOf(name), value);
  return form;
}

function pathOf(name: string): string[] {
  const [first = '', ...rest] = name.split('[');
  const path = [first, ...rest.map((part) => part.replace(/\]$/, ''))];
  const isWhole = first !== '' && rest.every((part) => /^[^\]]*\]$/.test(part));
  if (!isWhole || path.length > DEPTH) throw invalid(`Invalid parameter name: ${name}`);
  return path;
}

function put(form: Form, [name = '', ...rest]: string[], value: string) {
  const key = name === '' ? String(Object.keys(form).length) : name;
  if (rest.length === 0) {
    form[key] = value;
    return;
  }
  const inner = form[key];
  const next: Form = typeof inner === 'object' ? inner : Object.create(null);
  form[key] = next;
  put(next, rest, value);
}

/** The same for forms that say the same in another order. */
export const canonical = (form: Form): string =>
  JSON.stringify(form, (_, value) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** @throws Failure that names the first parameter that is wrong. */
export function read<T>(schema: z.ZodType<T>, form: Form): T {
  const result = schema.safeParse(form, { reportInput: true });
  if (result.success) return result.data;
  throw failureOf(result.error.issues[0] as z.core.$ZodIssue);
}

function failureOf(issue: z.core.$ZodIssue): Failure {
  const param = nameOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const unknown = nameOf([...issue.path, issue.keys[0] ?? '']);
    if (unknown === 'payment_method_types') {
      const message = `${unknown} is no longer supported. Use allowed_payment_method_types.`;
      return invalid(message, { code: 'payment_method_types_no_longer_supported', param: unknown });
    }
    return invalid(`Received unknown parameter: ${unknown}`, {
      code: 'parameter_unknown',
      param: unknown,
    });
  }
  if (issue.input === undefined && issue.code !== 'custom') {
    return invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }
  if (issue.input === '') {
    const message = `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a field; however '${param}' cannot be unset.`;
    return invalid(message, { code: 'parameter_invalid_empty', param });
  }
  const code = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  const message =
    issue.code === 'custom'
      ? issue.message
      : `Invalid ${param}: ${issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : issue.message}`;
  return invalid(message, { ...(code !== undefined && { code }), param });
}

const nameOf = ([first = '', ...rest]: PropertyKey[]) =>
  String(first) + rest.map((part) => `[${String(part)}]`).join('');

export const text = (most = 5000) => z.string().min(1).max(most);

/** A whole number, at least `from`. */
export const integer = (from: number) =>
  z
    .string()
    .min(1)
    .transform((written, context) => {
      const value = /^-?\d{1,15}$/.test(written) ? Number(written) : Number.NaN;
      if (value >= from) return value;
      context.addIssue({
        code: 'custom',
        message: Number.isNaN(value)
          ? `Invalid integer: ${written}`
          : `This value must be greater than or equal to ${from}.`,
        params: { code: 'parameter_invalid_integer' },
      });
      return z.NEVER;
    });

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const list = <T>(of: z.ZodType<T>) =>
  z.preprocess(
    (form) => (typeof form === 'object' && form !== null ? Object.values(form) : form),
    z.array(of),
  );

/** Names of the merchant's own, with texts. */
export const metadata = z.record(z.string().max(40), z.string().max(500));

/** Parameters that are kept as they are. */
export const anything = z.record(z.string(), z.unknown());

export const expand = list(text()).optional();

const moment = integer(0);

/** What every list takes. */
export const paging = {
  limit: integer(1)
    .pipe(z.number().max(100))
    .optional()
    .transform((limit) => limit ?? 10),
  starting_after: text().optional(),
  ending_before: text().optional(),
  created: z
    .union([
      moment.transform((at) => ({ gte: at, lte: at })),
      z.strictObject({
        gt: moment.optional(),
        gte: moment.optional(),
        lt: moment.optional(),
        lte: moment.optional(),
      }),
    ])
    .optional(),
  expand,
};
