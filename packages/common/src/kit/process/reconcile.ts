import type { Surroundings } from './declare-restored.ts';
import { build } from './mount.ts';
import { nobodyIsServed } from './say-states-again.ts';
import type { Reconciliation, Service } from './service.ts';

/**
 * Compares the records of a service since a time (ms since the epoch) with those of somebody outside, in a process that
 * does nothing else: the platform is never started. The service may run meanwhile. @throws Unavailable
 */
export async function reconcile(
  service: Service,
  surroundings: Surroundings,
  since: number,
): Promise<Reconciliation> {
  const { parts } = build(service, { ...surroundings, ...nobodyIsServed });
  return (await parts.reconcile?.(since)) ?? { looked: 0, differences: [] };
}
