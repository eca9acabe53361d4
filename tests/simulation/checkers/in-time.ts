/** Checks that a group receives each event in time as long as one of its processes reaches the bus. */
import type { Entry } from '@fairseat/platform/simulated';
import type { Fault, Plan } from '../plan.ts';
import { must } from './violation.ts';

/** Besides trips and faults. */
const WITHIN_MS = 15_000;
/** Kinds that may end the relay of events, or all processes of a group. */
const ENDING = ['crash', 'pause', 'stop'];

/** True when it may keep a group from all its events at once: a cut does where it meets every replica. */
function holdsUp(fault: Fault, { faults, replicas }: Plan): boolean {
  if (fault.kind === 'outage' || fault.kind === 'disk full') return fault.engine === 'bus';
  if (fault.kind !== 'cut') return ENDING.includes(fault.kind);
  const { service } = fault;
  const cut = faults.flatMap((other) =>
    other.kind === 'cut' && other.service === service ? [other.replica] : [],
  );
  return new Set(cut).size === replicas[service];
}

export class InTime {
  readonly #withinMs: number;
  readonly #savedAtMs = new Map<string, number>();

  constructor(plan: Plan) {
    const { latencyMs, slowMs, reorderMs } = plan.weather;
    const tripsMs = 4 * (latencyMs[1] + slowMs) + reorderMs;
    const faultsMs = plan.faults
      .filter((fault) => holdsUp(fault, plan))
      .reduce((sumMs, { lastsMs }) => sumMs + lastsMs, 0);
    // In one process events wait in the order of the log.
    // What is said or received again after a restore or a lost bus is late by design.
    const isChecked = plan.platform !== 'embedded' && plan.eventsKeptMs === undefined;
    this.#withinMs = isChecked ? WITHIN_MS + tripsMs + faultsMs : Number.POSITIVE_INFINITY;
  }

  /** @throws Violation */
  heard(entry: Entry): void {
    if (entry.kind === 'write') {
      for (const { id } of entry.events) this.#savedAtMs.set(id, entry.atMs);
    } else if (entry.kind === 'deliver' && entry.attempt === 1) {
      const { event, group, atMs } = entry;
      const lateMs = atMs - (this.#savedAtMs.get(event.id) ?? atMs);
      const message = () => `${event.type} came to ${group} after ${lateMs} ms`;
      must('an event reaches its group in time', lateMs <= this.#withinMs, message);
    }
  }
}
