/** Idempotency keys: the first answer is given again, and nothing is done twice. */
import { Failure, invalid } from './failure.ts';
import type { SavedAnswer } from './model.ts';

const LONGEST_KEY = 255;

/** @throws Failure */
export function checkKey(key: string): void {
  if (key.length <= LONGEST_KEY) return;
  throw invalid(
    `The idempotency key provided (${key.slice(0, 16)}…) is too long. It has ${key.length} characters, and at most ${LONGEST_KEY} are allowed.`,
  );
}

/** @throws Failure when the key was used for another request. */
export function checkReuse(saved: SavedAnswer, request: string): void {
  if (saved.request === request) return;
  throw new Failure(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${saved.key}' if you meant to execute a different request.`,
  });
}

export const inFlight = (key: string) =>
  new Failure(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}.`,
  });
