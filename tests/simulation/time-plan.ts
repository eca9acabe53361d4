/** What months bring, in the middle of a run: upgrades, restores, a lost bus, forgotten events, a service that is added. */
import type { Fault, Plan } from './plan.ts';
import { between, pick, type Random, whole } from './random.ts';

/**
 * Beside the usual ones, `time` has those of months: upgrades, restores, a lost bus, forgotten events; and `machines` those of
 * clocks, disks, single links, pauses and stops. Together they leave little to run, so `any` has one or the other, by
 * seed.
 */
export const TROUBLES = ['usual', 'time', 'machines', 'any'] as const;
export type Troubled = (typeof TROUBLES)[number];

export type TimeFault =
  /** All streams are gone. */
  | { kind: 'bus lost' }
  /** Databases go back to backups, which are made when the fault begins, and are of that age then. */
  | { kind: 'database back'; services: string[]; ageMs: number }
  /** One replica after the other becomes of that version. */
  | { kind: 'version'; service: string; version: 1 | 2; gapMs: number }
  /** A service that keeps copies of all tickets and orders is added. */
  | { kind: 'newcomer' };

type Planned = Fault & TimeFault;

/** Those with records of their own, which they publish. */
const KEEPERS = ['auth', 'tickets', 'orders', 'payments'] as const;

/** Adds them to a plan. Each kind is in about every other one. */
export function addTime(random: Random, plan: Plan, untilMs: number) {
  plan.eventsKeptMs = Math.round(20_000 * 10 ** random());
  const has = () => random() < 0.5;
  const at = () => Math.round(random() * untilMs);
  const faults: Planned[] = [];
  if (has()) faults.push({ atMs: at(), lastsMs: 0, kind: 'bus lost' });
  if (has()) faults.push({ atMs: at(), lastsMs: 0, kind: 'newcomer' });
  if (has()) faults.push(...createVersions(random, untilMs));
  const back = createBack(random, at(), plan.eventsKeptMs);
  // Who goes back while it is downgraded cannot say again what only the next version can say.
  const mayGoBack = (fault: Planned) =>
    fault.kind !== 'version' || !back.services.includes(fault.service);
  if (has() && faults.every(mayGoBack)) faults.push(back);
  plan.faults = [...plan.faults, ...faults.filter((fault) => !isLost(fault, faults))].toSorted(
    (a, b) => a.atMs - b.atMs,
  );
}

/** A backup is younger than the events that are kept, and of the same bus. */
function createBack(random: Random, atMs: number, eventsKeptMs: number) {
  const services = [pick(KEEPERS, random())];
  if (random() < 0.3) services.push(pick(KEEPERS, random()));
  const ageMs = Math.round(between(random, 0, eventsKeptMs * 0.5));
  const lastsMs = ageMs + whole(random, 100, 5000);
  const kind = 'database back' as const;
  return { atMs, lastsMs, kind, services: [...new Set<string>(services)], ageMs };
}

function isLost({ kind, atMs }: Planned, faults: Planned[]) {
  const back = faults.find((fault) => fault.kind === 'database back');
  if (kind !== 'bus lost' || back === undefined) return false;
  return atMs >= back.atMs && atMs <= back.atMs + back.lastsMs;
}

/** Up, and often down again, and up once more. */
function createVersions(random: Random, untilMs: number): Planned[] {
  const service = pick([...KEEPERS, 'expiration'], random());
  const moments = Array.from({ length: whole(random, 1, 3) }, () => random() * untilMs);
  return moments
    .toSorted((a, b) => a - b)
    .map((atMs, n) => {
      const gapMs = whole(random, 200, 20_000);
      const version = n % 2 === 0 ? 2 : 1;
      return {
        atMs: Math.round(atMs),
        lastsMs: 4 * gapMs,
        kind: 'version',
        service,
        version,
        gapMs,
      };
    });
}
