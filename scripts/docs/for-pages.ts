/** The catalogue of events as the product shows it at /docs/event-types. */
import { eventTypes, publisherOf, subjectOf } from '@fairseat/common/events';
import { hearersOf, rowsOf } from '../events/tell.ts';
import { partiesAndSteps } from './flow.ts';
import { dataOf, exampleOf, meaningOf, reactionsOf, type Sources, shownOf } from './pages.ts';

export function forPages({ services, recordings, history }: Sources): object {
  const events = eventTypes()
    .toSorted()
    .map((type) => {
      const example = exampleOf(type, recordings);
      return {
        type,
        meaning: meaningOf(type),
        publisher: publisherOf(type),
        subject: `data.${subjectOf(type)}`,
        versions: history.index.events[type]?.length ?? 1,
        hearers: hearersOf(type, services).map((service) => ({
          service,
          did: reactionsOf(service, type, recordings).join('; '),
        })),
        properties: rowsOf(dataOf(type)).map((row) => ({
          name: row.path.join('.'),
          type: row.type,
          isRequired: row.isRequired,
          meaning: row.description,
          example: shownOf(row, example),
        })),
        example: example ? JSON.stringify(example, null, 2) : undefined,
      };
    });
  const journeys = recordings.map((recording) => {
    const { name, title, tells } = recording.journey;
    return { name, title, tells, steps: partiesAndSteps(recording, services) };
  });
  return { events, journeys };
}
