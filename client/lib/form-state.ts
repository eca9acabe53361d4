/** What a form knows after it was sent and not accepted. */
export interface FormState {
  /** What was typed, without passwords. */
  values: Record<string, string>;
  /** What is wrong, by field. */
  fields: Record<string, string>;
  /** What is wrong with no field in particular. */
  general: string;
  /** The idempotency key: the same for a double click and a reload, another once the request was refused. */
  key: string;
  attempt: number;
}

export type FormAction = (before: FormState, data: FormData) => Promise<FormState>;

/** The form again, as it was sent. Passwords are not shown again, and what begins with `$` is React's. */
export function sentAgain(
  before: FormState,
  data: FormData,
  errors: Partial<Pick<FormState, 'fields' | 'general' | 'key'>>,
): FormState {
  const typed = [...data].filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && !/^\$|password/.test(entry[0]),
  );
  return {
    values: Object.fromEntries(typed),
    fields: {},
    general: '',
    key: before.key,
    ...errors,
    attempt: before.attempt + 1,
  };
}
