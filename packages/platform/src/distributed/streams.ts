import { type EventType, publisherOf } from '@fairseat/common/events';

/** The stream that stores the events of one service. */
export interface Stream {
  service: string;
  name: string;
  types: EventType[];
  subjects: string[];
}

/** One stream for each service, declared from the catalogue of events. */
export function streamsOf(types: EventType[], namespace: string | undefined): Stream[] {
  const services = [...new Set(types.map(publisherOf))];
  return services.map((service) => {
    const own = types.filter((type) => publisherOf(type) === service);
    const nouns = [...new Set(own.map((type) => type.split('.')[0]))];
    return {
      service,
      name: inNamespace(namespace, '_', service),
      types: own,
      subjects: nouns.map((noun) => inNamespace(namespace, '.', `${noun}.>`)),
    };
  });
}

export const inNamespace = (namespace: string | undefined, separator: string, name: string) =>
  namespace === undefined ? name : namespace + separator + name;
