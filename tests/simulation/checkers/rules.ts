/** What the faults of a plan excuse: how late, and how far off a clock, something may be. */
import { mostStrayedMs, strayingMs } from '../faults/clocks.ts';
import { KILLED_AFTER_MS } from '../faults/stops.ts';
import { MOST_DECLINES } from '../money.ts';
import { isCalm, type Plan, skewMsOf } from '../plan.ts';
import { troubleMsOf } from '../troubles.ts';
import { DEFAULT_CURRENCY } from './currency.ts';

/** The reasons for which a delivery may fail in a healthy system. */
export const EXCUSE =
  /^(NotYet|Unavailable|DuplicateKey|nothing was heard|its ack|Error: The handler was stopped)/;

/** The most time between the decision about an event and its save, besides a trip: a stopped handler may go on late. */
const CALM_AGE_MS = 1000;
const ROUGH_AGE_MS = 20_000;
/** Without faults a stop waits for no more than a request in work. */
const STOPS_WITHIN_MS = 4000;
/** Kinds of faults during which a call, and so a stop, takes as long as they last. */
const HOLDING_STOPS = ['pause', 'outage', 'disk full', 'cut'];

export type Rules = ReturnType<typeof rulesOf>;

export function rulesOf(plan: Plan) {
  const { faults, weather } = plan;
  const { latencyMs, slow, slowMs, gatewaySlowMs } = weather;
  const mostSkewMs =
    Math.max(...Object.values(plan.skewsMs).flat().map(Math.abs)) + mostStrayedMs(plan);
  const tripMs = latencyMs[1] + slowMs;
  const pausedMs = sumOf(plan, 'pause');
  return {
    isCalm: isCalm(plan),
    saysAgain: plan.eventsKeptMs !== undefined,
    readsMayFail: readsMayFail(plan),
    currency: plan.currency ?? DEFAULT_CURRENCY,
    maxHolds: plan.maxHolds,
    mostDeclines: plan.decline === 'retry' ? MOST_DECLINES : 1,
    orderExpirationSeconds: plan.orderExpirationSeconds,
    mostSkewMs,
    endsWithinMs: mostSkewMs + 4 * tripMs + troubleMsOf(plan, 'orders'),
    savedWithinMs: (isCalm(plan) ? CALM_AGE_MS : tripMs + ROUGH_AGE_MS) + pausedMs,
    decidedWithinMs: mostSkewMs + 10 * tripMs + pausedMs,
    /** A pause delays no call that was decided on: nothing runs between the two. */
    takenWithinMs: mostSkewMs + 20 * tripMs + 4 * gatewaySlowMs + 2000,
    /** The longest that a stop which begins so long after the start of the run may take. */
    stopsWithinMs(sinceMs: number) {
      const calmMs = STOPS_WITHIN_MS + 4 * (slow > 0 ? tripMs : latencyMs[1]);
      const isTroubled = faults.some(
        ({ kind, atMs, lastsMs }) =>
          HOLDING_STOPS.includes(kind) &&
          atMs < sinceMs + KILLED_AFTER_MS &&
          sinceMs < atMs + lastsMs,
      );
      return isTroubled ? KILLED_AFTER_MS : calmMs + (slow > 0 ? 4 * gatewaySlowMs : 0);
    },
    /** Returns the least and the most error of the clock of a process. */
    skewMsOf(process: string) {
      const skewMs = skewMsOf(plan, process);
      const { least, most } = strayingMs(plan, process);
      return { least: skewMs + least, most: skewMs + most };
    },
  };
}

/** On a full disk reads go on; all else that takes an engine or a process away also refuses them. */
const readsMayFail = ({ weather, faults, platform }: Plan) =>
  weather.unavailable > 0 ||
  platform === 'embedded' ||
  faults.some(({ kind }) => kind === 'outage' || kind === 'cut' || kind === 'stop');

const sumOf = ({ faults }: Plan, kind: string) =>
  faults.reduce((sum, fault) => (fault.kind === kind ? sum + fault.lastsMs : sum), 0);
