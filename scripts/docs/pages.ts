/** The pages of the reference as Markdown, by their paths. */
import {
  type AnyEvent,
  type EventType,
  eventTypes,
  jsonSchemaOf,
  publisherOf,
  subjectOf,
} from '@fairseat/common/events';
import type { Service } from '@fairseat/common/kit';
import { backward, forward, type Schema } from '../events/compare.ts';
import type { History } from '../events/history.ts';
import { hearersOf, type Row, rowsOf } from '../events/tell.ts';
import { picture } from './flow.ts';
import type { Recording } from './record.ts';

export interface Sources {
  services: readonly Service[];
  recordings: readonly Recording[];
  history: History;
}

const MADE = '<!-- Made by `npm run docs:generate` from the definitions and a recorded run. -->';

export function pages(sources: Sources): Record<string, string> {
  const types = eventTypes().toSorted();
  const { services, recordings } = sources;
  return Object.fromEntries([
    ['README.md', index(sources)],
    ...types.map((type) => [`events/${type}.md`, eventPage(type, sources)]),
    ...services.map((service) => [`services/${service.name}.md`, servicePage(service, sources)]),
    ...recordings.map((recording) => [
      `flows/${recording.journey.name}.md`,
      flowPage(recording, sources),
    ]),
  ]);
}

/** The schema of an event's `data`, with words. */
export const dataOf = (type: EventType): Schema =>
  (jsonSchemaOf(type, { described: true }) as { properties: { data: Schema } }).properties.data;

export const meaningOf = (type: EventType) => dataOf(type)['description'] as string | undefined;

/** What a service was seen to do when it heard an event, in all recorded runs. */
export function reactionsOf(service: string, type: EventType, recordings: readonly Recording[]) {
  const reactions = recordings
    .flatMap((recording) => recording.reactions)
    .filter((each) => each.service === service && each.type === type);
  return [...new Set(reactions.map(({ did }) => did))];
}

/** The first of this type in the recorded runs, if it comes in any. */
export function exampleOf(type: EventType, recordings: readonly Recording[]): AnyEvent | undefined {
  const events = recordings.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'event' ? [step.event] : [])),
  );
  return events.find((event) => event.type === type);
}

const coded = (text: string) => text && `\`${text}\``;
const table = (heads: string[], rows: string[][]) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const linked = (type: EventType, up = '..') => `[\`${type}\`](${up}/events/${type}.md)`;
const serviceLink = (name: string, up = '..') => `[${name}](${up}/services/${name}.md)`;
const page = (...parts: (string | undefined)[]) =>
  `${[MADE, ...parts].filter((part) => part !== undefined).join('\n\n')}\n`;
const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

function index({ services, recordings }: Sources): string {
  const events = eventTypes()
    .toSorted()
    .map((type) => [
      linked(type, '.'),
      meaningOf(type) ?? '',
      serviceLink(publisherOf(type), '.'),
      hearersOf(type, services)
        .map((name) => serviceLink(name, '.'))
        .join(', '),
    ]);
  return page(
    '# Reference',
    'Made from the code that runs: the schemas of the events, the handlers of the services, and journeys recorded in a ' +
      'real marketplace on the simulated platform. For programs: [AsyncAPI](asyncapi.json), [OpenAPI](openapi.json), and a ' +
      'JSON Schema for each event in [schemas](schemas). By other commands: [faults](faults.md), [mutants](mutants.md).',
    '## Events',
    table(['event', 'meaning', 'published by', 'heard by'], events),
    '## Journeys',
    table(
      ['journey', ''],
      recordings.map(({ journey }) => [
        `[${journey.title}](flows/${journey.name}.md)`,
        journey.tells,
      ]),
    ),
    '## Services',
    services.map(({ name }) => `- ${serviceLink(name, '.')}`).join('\n'),
  );
}

function eventPage(type: EventType, { services, recordings, history }: Sources): string {
  const hearers = hearersOf(type, services).map((name) => [
    serviceLink(name),
    reactionsOf(name, type, recordings).join('; ') || 'not seen in a recorded journey',
  ]);
  const example = exampleOf(type, recordings);
  const rows = rowsOf(dataOf(type)).map((row) => [
    `\`${row.path.join('.')}\`${row.isRequired ? '' : ' (optional)'}`,
    row.type.replaceAll('|', '\\|'),
    row.description ?? '',
    coded(shownOf(row, example)),
  ]);
  return page(
    `# ${type}`,
    meaningOf(type),
    `Published by ${serviceLink(publisherOf(type))}. Its subject is \`data.${subjectOf(type)}\`.`,
    '## Who hears it',
    hearers.length === 0
      ? 'No service of Fairseat; it is for people and listeners outside.'
      : table(['service', 'what it does then, as recorded'], hearers),
    '## What it carries',
    table(['property of `data`', 'type', 'meaning', 'example'], rows),
    example
      ? `## Example\n\n${fenced('json', JSON.stringify(example, null, 2))}`
      : '## Example\n\nIt happens in none of the recorded journeys.',
    '## Versions',
    versions(type, history),
  );
}

/** The property of the example as JSON; empty where it has none, or is an object. */
export function shownOf({ path }: Row, example: AnyEvent | undefined): string {
  const value = path.reduce<unknown>(
    (within, name) => (within as Record<string, unknown> | null | undefined)?.[name],
    example?.data,
  );
  return value === undefined || typeof value === 'object' ? '' : JSON.stringify(value);
}

/** Each version beside the one before: whether readers of either take events of the other. */
function versions(type: EventType, { index: { events }, schemas }: History): string {
  const known = events[type] ?? [];
  const all = schemas[type] ?? [];
  const rows = known.map(({ releases }, at) => {
    const [before, now] = [all[at - 1], all[at]] as const;
    const published = releases.join(', ') || 'not yet';
    if (before === undefined || now === undefined) return [`${at + 1}`, published, 'the first'];
    const changes = newIn(before, now);
    const found = [...forward(before, now, true), ...backward(before, now)];
    const verdict = found.length === 0 ? 'readers of either take events of the other' : 'breaks';
    return [`${at + 1}`, published, [...changes, verdict].join('; ')];
  });
  return table(['version', 'published by release', 'what it changed'], rows);
}

const names = (schema: Schema) => new Set(rowsOf(schema).map(({ path }) => path.join('.')));
function newIn(before: Schema, now: Schema): string[] {
  const known = names(before);
  return [...names(now)].filter((name) => !known.has(name)).map((name) => `adds \`${name}\``);
}

function servicePage(service: Service, { services, recordings }: Sources): string {
  const { name, prefixes, publishes } = service;
  const types = eventTypes().toSorted();
  const heard = types.filter((type) => hearersOf(type, services).includes(name));
  const own = (publishes?.types ?? []) as EventType[];
  return page(
    `# ${name}`,
    prefixes.length > 0
      ? `Serves ${prefixes.map((prefix) => `\`${prefix}\``).join(', ')}.`
      : 'Serves no requests.',
    '## Publishes',
    own.length === 0
      ? 'Nothing.'
      : table(
          ['event', 'meaning'],
          own.map((type) => [linked(type), meaningOf(type) ?? '']),
        ),
    '## Hears',
    heard.length === 0
      ? 'Nothing in a group of its own.'
      : table(
          ['event', 'what it does then, as recorded'],
          heard.map((type) => [
            linked(type),
            reactionsOf(name, type, recordings).join('; ') || 'not seen in a recorded journey',
          ]),
        ),
  );
}

function flowPage(recording: Recording, { services }: Sources): string {
  const { journey, steps } = recording;
  const types = steps.flatMap((step) => (step.kind === 'event' ? [step.event.type] : []));
  return page(
    `# ${journey.title}`,
    journey.tells,
    fenced('mermaid', picture(recording, services)),
    `Events: ${[...new Set(types)].map((type) => linked(type)).join(', ') || 'none'}.`,
  );
}
