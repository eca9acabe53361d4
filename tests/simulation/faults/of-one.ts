import type { Fault } from '../plan.ts';

/** Fits a fault to a marketplace in one process, or leaves it out when that cannot have it. */
export function faultOfOne(fault: Fault): Fault | undefined {
  const { atMs, lastsMs } = fault;
  const when = { atMs, lastsMs };
  switch (fault.kind) {
    case 'crash': {
      const where = { service: fault.service, replica: 0 };
      if (fault.afterSaveMs === undefined) return { ...when, kind: 'crash', ...where };
      return { ...when, kind: 'crash at commit', ...where };
    }
    case 'outage':
      return { ...when, kind: 'outage', engine: fault.engine === 'gateway' ? 'gateway' : 'tables' };
    case 'clock':
    case 'pause':
    case 'stop':
      return { ...fault, replica: 0 };
    case 'disk full':
      return { ...when, kind: 'disk full', engine: 'tables' };
    default:
      return undefined;
  }
}
