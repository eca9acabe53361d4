interface ErrorItem {
  message: string;
  field?: string | undefined;
}

/** What the API has refused, or that it could not be asked. The message is meant for the visitor. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** Stable; see `errors.ts` of `@fairseat/common`. */
  readonly code: string;
  readonly errors: ErrorItem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: { errors?: ErrorItem[]; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.errors = options.errors ?? [{ message: detail }];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The API is away, too slow, or answers what it should not: for the visitor all the same. */
export const unreachable = (cause: unknown) =>
  new ApiError(
    503,
    'unreachable',
    'Fairseat cannot be reached right now. Nothing was lost; try again in a moment.',
    { cause },
  );

/** The errors of a form: each beside its field where the form has it, the others above. */
export function formErrors({ errors, retryAfterSeconds }: ApiError, fields: string[]) {
  const byField: Record<string, string> = {};
  const general: string[] = [];
  for (const { message, field } of errors) {
    if (field !== undefined && fields.includes(field)) byField[field] ??= message;
    else general.push(message);
  }
  if (retryAfterSeconds !== undefined) general.push(waitText(retryAfterSeconds));
  return { byField, general: general.join(' ') };
}

function waitText(seconds: number): string {
  if (seconds <= 1) return 'Try again in a second.';
  if (seconds < 120) return `Try again in ${seconds} seconds.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}
