/** Errors in Stripe's shape. */
import type { Answer, Json } from './model.ts';

/** An error as Stripe answers it. */
export class Failure extends Error {
  override name = 'Failure';
  readonly status: number;
  readonly error: Json;

  constructor(status: number, error: Json & { type: string; message: string }) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

export function answerOf(failure: Failure, requestId: string): Answer {
  const { code } = failure.error;
  return {
    status: failure.status,
    body: {
      error: {
        ...failure.error,
        ...(code !== undefined && { doc_url: `https://stripe.com/docs/error-codes/${code}` }),
        request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
      },
    },
  };
}

export const invalid = (message: string, more: Json = {}, status = 400) =>
  new Failure(status, { type: 'invalid_request_error', message, ...more });

/** An id in a path is answered 404, one in a parameter 400. */
export const missing = (what: string, id: string, param?: string) =>
  invalid(
    `No such ${what}: '${id}'`,
    { code: 'resource_missing', param: param ?? 'intent' },
    param === undefined ? 404 : 400,
  );

export const unexpectedState = (message: string, intent: Json) =>
  invalid(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });

export const broken = () =>
  new Failure(500, {
    type: 'api_error',
    message:
      'An unknown error occurred. If you were trying to make a payment, ask for it before you try again.',
  });

export const tooMany = () => invalid('Request rate limit exceeded.', { code: 'rate_limit' }, 429);
