import type { Simulation } from '@fairseat/platform/simulated';
import type { Cluster } from './cluster.ts';
import type { Fault } from './plan.ts';
import type { TimeFault } from './time-plan.ts';

/** A process that becomes of another version is away for so long. */
const RESTART_MS = 100;

/** Brings about what months bring. */
export function passTime(fault: Fault & TimeFault, simulation: Simulation, cluster: Cluster) {
  const after = (ms: number, work: () => void) => simulation.at(simulation.nowMs + ms, work);
  switch (fault.kind) {
    case 'bus lost':
      simulation.loseBus();
      break;
    case 'newcomer':
      cluster.add();
      break;
    case 'database back': {
      const { services, ageMs, lastsMs } = fault;
      const backups = services.map((service) => simulation.backUp(service));
      after(ageMs, () => {
        for (const service of services) cluster.stopAll(service, lastsMs - ageMs);
        for (const putBack of backups) putBack();
      });
      break;
    }
    case 'version': {
      const { service, version, gapMs } = fault;
      for (const [n, index] of cluster.replicasOf(service).entries()) {
        after(n * gapMs, () => cluster.become(service, index, version, RESTART_MS));
      }
    }
  }
}
