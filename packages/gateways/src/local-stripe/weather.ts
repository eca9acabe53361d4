/** What may go wrong between a merchant and Stripe. */

/** What becomes of a request: the same as without weather, or one of these. */
export type Fate =
  | 'fair'
  /** 429, and nothing was done. */
  | 'too_many'
  /** 500, and nothing was done. */
  | 'broken_before'
  /** 500, and all was done. */
  | 'broken_after'
  /** The connection is cut, and nothing was done. */
  | 'cut_before'
  /** The connection is cut, and all was done. */
  | 'cut_after'
  /** No answer ever comes, and nothing was done. */
  | 'silent_before'
  /** No answer ever comes, and all was done. */
  | 'silent_after';

export interface Weather {
  /** Asked once for each request, also those that are tried again. */
  request(method: string, path: string): Fate;
  /** After how many milliseconds a webhook is first sent: empty for one that is lost, several for doubles. */
  webhook(): number[];
}

export const fair: Weather = { request: () => 'fair', webhook: () => [0] };

/** How often something goes wrong, from 0 to 1. */
interface Rates {
  requests: number;
  webhooks: number;
  /** The longest delay of a webhook in milliseconds. Those that are late come out of order. */
  lateByMs: number;
}

const FATES: Fate[] = [
  'too_many',
  'broken_before',
  'broken_after',
  'cut_before',
  'cut_after',
  'silent_before',
  'silent_after',
];

/** The same weather for the same random numbers, which are from 0 to 1. */
export function roughWeather(random: () => number, rates: Rates): Weather {
  const late = () => Math.floor(random() * rates.lateByMs);
  const mishaps = [() => [], () => [late()], () => [0, late()]];
  const oneOf = <T>(choices: T[]) => choices[Math.floor(random() * choices.length)] as T;
  return {
    request: () => (random() < rates.requests ? oneOf(FATES) : 'fair'),
    webhook: () => (random() < rates.webhooks ? oneOf(mishaps)() : [0]),
  };
}
