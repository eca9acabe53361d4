import type { OpenTicket } from './records.ts';

/** An unpaid order and the title of its ticket. */
interface Hold {
  id: string;
  title: string;
}

/** The state of a form after a rejected submission. */
export interface FormState {
  /** The typed values, without passwords. */
  values: Record<string, string>;
  /** The errors, by field. */
  fields: Record<string, string>;
  /** The errors of no field in particular. */
  general: string;
  /** The idempotency key: kept for a double click and a reload, replaced once the request was refused. */
  key: string;
  /** The ticket as it was at the rejection, when the visitor had seen another state of it. */
  current?: OpenTicket | undefined;
  /** Why it was rejected: the code of the API's refusal, or `late` if another buyer was faster. */
  code?: string | undefined;
  /** The visitor's unpaid orders, when they are why it was rejected. */
  holds?: Hold[] | undefined;
  attempt: number;
}

export type FormAction = (before: FormState, data: FormData) => Promise<FormState>;

/** Whether a field of this name is shown again. Passwords are not, and names that begin with `$` are React's. */
export const isTyped = (name: string) => name !== '' && !/^\$|password/.test(name);

/** The typed values. */
export const typedIn = (data: FormData): Record<string, string> =>
  Object.fromEntries(
    [...data].filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && isTyped(entry[0]),
    ),
  );

/** The form with the submitted values. */
export function sentAgain(
  before: FormState,
  data: FormData,
  errors: Partial<Omit<FormState, 'values' | 'attempt'>>,
): FormState {
  return {
    values: typedIn(data),
    fields: {},
    general: '',
    key: before.key,
    ...errors,
    attempt: before.attempt + 1,
  };
}
