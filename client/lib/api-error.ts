import type { OpenOrder, OpenTicket } from './records.ts';

interface ErrorItem {
  message: string;
  field?: string | undefined;
}

/** A refusal of the API, or a request that did not reach it. The message is meant for the visitor. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** Stable; see `errors.ts` of `@fairseat/common`. */
  readonly code: string;
  readonly errors: ErrorItem[];
  readonly retryAfterSeconds: number | undefined;
  /** The ticket as it is now, when it has changed since the visitor saw it. */
  readonly ticket: OpenTicket | undefined;
  /** The visitor's unpaid orders, when they are too many for another. */
  readonly orders: OpenOrder[];

  constructor(
    status: number,
    code: string,
    detail: string,
    options: {
      errors?: ErrorItem[];
      retryAfterSeconds?: number | undefined;
      ticket?: OpenTicket | undefined;
      orders?: OpenOrder[] | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.errors = options.errors ?? [{ message: detail }];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.ticket = options.ticket;
    this.orders = options.orders ?? [];
  }
}

/** The API is down, too slow, or its answer is invalid, which makes no difference to the visitor. */
export const unreachable = (cause: unknown) =>
  new ApiError(
    503,
    'unreachable',
    'Fairseat cannot be reached right now. Nothing was lost; try again in a moment.',
    { cause },
  );

/** Sorts the errors of a form: those of its fields go beside them, the others above. */
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
