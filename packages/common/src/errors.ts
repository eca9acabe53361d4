/** Errors that callers handle: RFC 9457 problem documents, and those that ports and handlers throw. */

/** A mistake that the operator can fix. The message is one line: what is wrong and what was expected. */
export class StartError extends Error {
  override name = 'StartError';
}

/**
 * The address of an engine without user and password, for messages. Everything up to the last `@` is removed, since a
 * password that was not encoded may contain one; of several addresses only the last then remains.
 */
export const withoutPassword = (address: string) =>
  address.replace(/\/\/.*@/, '//…@').replaceAll(/(password=)[^&]*/gi, '$1…');

interface ProblemItem {
  message: string;
  /** The request field that the message is about. */
  field?: string;
}

interface ProblemOptions {
  errors?: ProblemItem[];
  retryAfterSeconds?: number;
  /** Headers that belong to this refusal, such as `allow`. */
  headers?: Record<string, string>;
  /** Further members of the document: the records that explain the refusal. */
  extensions?: object;
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  402: 'Payment declined',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timed out',
  409: 'Conflict',
  410: 'Gone',
  412: 'Changed meanwhile',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Idempotency key reused',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

/** A request that cannot be done, answered with a problem document. `code` is stable; texts may change. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly errors: ProblemItem[];
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Record<string, string>;
  readonly extensions: object;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = options.errors ?? [{ message: detail }];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }

  /** The problem document. `instance` is the id to look up in the logs. */
  toDocument(instance: string) {
    return {
      type: `urn:fairseat:problem:${this.code}`,
      title: titles[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      errors: this.errors,
      instance,
      ...this.extensions,
    };
  }
}

export const badRequest = (code: string, detail: string, field?: string) =>
  new Problem(400, code, detail, { errors: [{ message: detail, ...(field && { field }) }] });
export const notSignedIn = () =>
  new Problem(401, 'not_signed_in', 'Sign in first: your session is missing, wrong or has ended.', {
    headers: { 'www-authenticate': 'Cookie realm="Fairseat"' },
  });
export const noKey = () =>
  new Problem(
    401,
    'no_key',
    'Send your API key: Authorization: Bearer KEY. It is missing, wrong or has ended.',
    {
      headers: { 'www-authenticate': 'Bearer realm="Fairseat"' },
    },
  );
export const forbidden = (code: string, detail: string) => new Problem(403, code, detail);
export const notFound = (what: string) =>
  new Problem(404, 'not_found', `There is no such ${what}. Check the id.`);
export const noSuchPage = () =>
  new Problem(
    404,
    'not_found',
    'There is nothing here. Check the address; the API is described at /docs.',
  );
export const conflict = (code: string, detail: string, extensions: object = {}) =>
  new Problem(409, code, detail, { extensions });
export const tooManyRequests = (detail: string, retryAfterSeconds: number) =>
  new Problem(429, 'too_many_requests', detail, { retryAfterSeconds });

/** Another write came first: read the record again and decide again. */
export class VersionConflict extends Error {
  override name = 'VersionConflict';
}

/** The log no longer has all events behind this place, or never had it. */
export class CursorGone extends Error {
  override name = 'CursorGone';
  /** The place before the oldest event that is kept. */
  readonly oldest: string;

  constructor(oldest: string) {
    super(`The oldest place is ${oldest}.`);
    this.oldest = oldest;
  }
}

/** A unique key (or the id) is taken by another record. */
export class DuplicateKey extends Error {
  override name = 'DuplicateKey';
}

/** An engine (database, bus, gateway) cannot be reached or cannot save now. The call may have taken effect or not. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** Thrown by a handler to put an event off: its outcome may soon differ. It is delivered again soon, as no failure. */
export class NotYet extends Error {
  override name = 'NotYet';
}
