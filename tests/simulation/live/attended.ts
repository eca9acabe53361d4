/** Services that can be asked whom they attend to: streams, topics and requests that wait. */
import type { Service, ServiceContext } from '@fairseat/common/kit';
import { Audience, live, serve } from '@fairseat/live';

/** Returns the service for one process, and the number of those that it attends to. */
export function attending(service: Service): { service: Service; attended: () => string[] } {
  const counts: (() => Record<string, number>)[] = [];
  const build: Service['build'] = (context) => {
    counts.push(() => ({ waiting: context.changes.waiting }));
    if (service !== live) return service.build(context);
    const audience = new Audience(context.clock, context.config.rateLimits);
    counts.push(() => audience.open);
    return serve(audience, context as ServiceContext<'watch'>);
  };
  const attended = () =>
    counts
      .flatMap((count) => Object.entries(count()))
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${service.name}: ${count} ${what}`);
  return { service: { ...service, build }, attended };
}
