/** Stops replicas in order, as SIGTERM does: no new request, those in work end, then the tasks and the platform. */
import type { SimulatedProcess, Simulation } from '@fairseat/platform/simulated';

/** What of a replica takes part in its end. */
export interface Stoppable {
  process: SimulatedProcess;
  /** The requests in work. */
  readonly inWork: ReadonlySet<Promise<unknown>>;
  /** Ends the tasks and all waiting. */
  stop(): Promise<unknown>;
  close(): Promise<void>;
}

/** A process that takes longer is killed, as by whoever sent it the signal. */
export const KILLED_AFTER_MS = 30_000;

/** Resolves with the time that it took, or with undefined when the process was killed or crashed meanwhile. */
export async function stopInOrder(
  simulation: Simulation,
  { process, inWork, stop, close }: Stoppable,
): Promise<number | undefined> {
  const fromMs = simulation.nowMs;
  const ended = Promise.withResolvers<undefined>();
  simulation.at(fromMs + KILLED_AFTER_MS, () => {
    process.crash();
    ended.resolve(undefined);
  });
  const end = async () => {
    await Promise.all([Promise.allSettled(inWork), stop()]);
    await close();
    return simulation.nowMs - fromMs;
  };
  return Promise.race([end(), ended.promise]);
}
