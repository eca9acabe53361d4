/** Requests that act once, however often they are sent. */
import { createHash } from 'node:crypto';
import { isSavedFailure } from './errors.ts';

/** An answer that was saved as a failure is asked for anew this many times, each time under another key. */
const MAX_ROUNDS = 5;

type Send<T> = (request: { idempotencyKey: string }) => Promise<T>;

/** Stripe takes keys of up to 255 characters. */
const keyOf = (asked: unknown[]) =>
  createHash('sha256').update(JSON.stringify(asked)).digest('hex');

/**
 * Returns a function that sends a request whose key is a hash of all that it asks for: other parameters with a known key would
 * be refused. Those that ask for the same at the same time share a request, since a key under way is refused as well.
 */
export function createOnce() {
  const underWay = new Map<string, Promise<unknown>>();

  return <T>(asked: unknown[], send: Send<T>): Promise<T> => {
    const key = keyOf(asked);
    const known = underWay.get(key) as Promise<T> | undefined;
    const answer = known ?? sendPastFailures(asked, send);
    if (!known) {
      underWay.set(key, answer);
      const forget = () => underWay.delete(key);
      answer.then(forget, forget);
    }
    return answer;
  };
}

/**
 * Stripe gives its own failures again for a day, so past them the key is another one. That takes money twice from nobody: a
 * payment can be confirmed, captured and refunded in full but once.
 */
async function sendPastFailures<T>(asked: unknown[], send: Send<T>): Promise<T> {
  for (let round = 0; ; round++) {
    try {
      return await send({ idempotencyKey: keyOf(round === 0 ? asked : [...asked, round]) });
    } catch (error) {
      if (!isSavedFailure(error) || round === MAX_ROUNDS) throw error;
    }
  }
}
