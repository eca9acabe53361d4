/** Clocks that are set forward or back, or run too fast or too slow, and are put right again. */
import type { Plan } from '../plan.ts';
import { isAt, type Place } from './place.ts';

/** Of one process, or of all on a machine: replicas of the same number share one. */
export interface ClockFault extends Place {
  kind: 'clock';
  /** How far it is off at last; negative when it is behind. */
  byMs: number;
  /** True when it gets there little by little. */
  drifts: boolean;
}

/** Returns how far faults have put the clock of a process off, so long after the start of the run. */
export function strayedMs({ faults }: Plan, process: string, sinceMs: number): number {
  return faults.reduce((sumMs, fault) => {
    if (fault.kind !== 'clock' || !isAt(fault, process)) return sumMs;
    const share = (sinceMs - fault.atMs) / fault.lastsMs;
    if (share < 0 || share >= 1) return sumMs;
    return sumMs + fault.byMs * (fault.drifts ? share : 1);
  }, 0);
}

/** Returns the least and the most that faults put its clock off by. */
export function strayingMs({ faults }: Plan, process: string): { least: number; most: number } {
  const offs = faults.flatMap((fault) =>
    fault.kind === 'clock' && isAt(fault, process) ? [fault.byMs] : [],
  );
  const sum = (ms: number[]) => ms.reduce((total, each) => total + each, 0);
  return { least: sum(offs.filter((ms) => ms < 0)), most: sum(offs.filter((ms) => ms > 0)) };
}

/** Returns the most that faults put any clock off by. */
export const mostStrayedMs = ({ faults }: Plan): number =>
  faults.reduce((sumMs, fault) => sumMs + (fault.kind === 'clock' ? Math.abs(fault.byMs) : 0), 0);
