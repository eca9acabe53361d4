/**
 * What Stripe refuses, in our words. Its own errors carry requests, answers and client secrets, so that none may reach a log:
 * of them only the kind of error and the id by which Stripe's dashboard finds the request are passed on.
 */
import { badRequest, Problem, Unavailable } from '@fairseat/common/errors';
import { Stripe } from 'stripe';

const { errors } = Stripe;

/** Refused for good, because of what the request asks for or the state of the payment. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof errors.StripeCardError || error instanceof errors.StripeInvalidRequestError;

/** The payment has gone on since, or the card was declined: the payment itself tells. */
export const isTold = (error: unknown) =>
  error instanceof errors.StripeCardError ||
  (error instanceof errors.StripeInvalidRequestError &&
    error.code === 'payment_intent_unexpected_state');

/** The card's token is unknown, used or too old. */
export const isAboutToken = (error: unknown) =>
  error instanceof errors.StripeInvalidRequestError &&
  ['confirmation_token', 'payment_method'].includes(error.param ?? '');

/** Stripe gave an answer of before once more, which was a failure of its own, and will for a day. */
export const isSavedFailure = (error: unknown) =>
  error instanceof errors.StripeError &&
  (error.statusCode ?? 0) >= 500 &&
  error.headers?.['idempotent-replayed'] === 'true';

const { StripeAPIError, StripeConnectionError, StripeRateLimitError } = errors;

/** Another request with the key is under way (409), there were too many, or Stripe did not answer: ask again later. */
const isPassing = (error: unknown) =>
  error instanceof StripeConnectionError ||
  error instanceof StripeRateLimitError ||
  error instanceof StripeAPIError;

/** Returns `Unavailable` where the outcome is unknown, and an error that an operator must see for anything else. */
export function translated(error: unknown): unknown {
  if (!(error instanceof errors.StripeError)) return error;
  const { type, code, param, statusCode, requestId } = error;
  const about = [type, statusCode, code, param && `about ${param}`, requestId].filter(Boolean);
  return isPassing(error)
    ? new Unavailable(`Stripe does not answer now (${about.join(', ')})`)
    : new Error(`Stripe refused a request of ours (${about.join(', ')})`);
}

export const unknownToken = () =>
  new Problem(400, 'unknown_payment_method', 'Enter the card again.', {
    errors: [{ message: 'Enter the card again.', field: 'token' }],
  });

/** No card can be charged so little, or so much. */
export const isAboutAmount = (error: unknown) =>
  error instanceof errors.StripeInvalidRequestError &&
  ['amount_too_small', 'amount_too_large'].includes(error.code ?? '');

export const priceNotPayable = (why: string) =>
  badRequest('price_not_payable', `No card can be charged this price: ${why}.`);

export const badSignature = () =>
  new Problem(400, 'bad_signature', 'The signature of this message is wrong or too old.');
