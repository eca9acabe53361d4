/** Checks that a group receives each event in time as long as one of its processes reaches the bus. */
import type { Entry } from '@fairseat/platform/simulated';
import type { Plan } from '../plan.ts';
import { must } from './violation.ts';

/** Besides trips and faults. */
const WITHIN_MS = 15_000;
/** Kinds that may keep a group, or the relay of events to it, from all its processes at once. */
const HOLDING_UP = ['crash', 'pause', 'stop', 'outage', 'disk full', 'event lost'];

export class Deliveries {
  readonly #withinMs: number;
  readonly #savedAtMs = new Map<string, number>();

  constructor({ platform, replicas, weather, faults }: Plan) {
    const { latencyMs, slowMs, reorderMs } = weather;
    const holding = faults.filter(
      (fault) =>
        HOLDING_UP.includes(fault.kind) || (fault.kind === 'cut' && replicas[fault.service] === 1),
    );
    const faultsMs = holding.reduce((sumMs, { lastsMs }) => sumMs + lastsMs, 0);
    const cuts = faults.filter(({ kind }) => kind === 'cut');
    // Several cuts may together leave nobody. In one process events wait in the order of the log.
    const isChecked = platform !== 'embedded' && cuts.length < 2;
    const tripsMs = 4 * (latencyMs[1] + slowMs) + reorderMs;
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
