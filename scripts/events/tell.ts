/** Tells people, in a terminal, of all events or of one. */
import {
  type EventType,
  eventTypes,
  isEventType,
  jsonSchemaOf,
  publisherOf,
  subjectOf,
} from '@fairseat/common/events';
import type { Service } from '@fairseat/common/kit';
import type { Schema } from './compare.ts';

/** The services, with the paths that each serves and the events that it hears. */
export type Listeners = readonly Pick<Service, 'name' | 'prefixes' | 'hears' | 'listensOnly'>[];

/** Whoever serves requests of people hears of ended sessions as well. */
const hearsOfSessions = ({ prefixes, listensOnly }: Listeners[number]) =>
  prefixes.length > 0 && !listensOnly;

export const hearersOf = (type: EventType, listeners: Listeners) =>
  listeners
    .filter((service) =>
      type === 'session.ended'
        ? hearsOfSessions(service)
        : service.hears.some((each) => each === type),
    )
    .map(({ name }) => name);

/** A line for each event: who publishes it, and who hears it. */
export function list(listeners: Listeners): string[] {
  const types = eventTypes().toSorted();
  const width = Math.max(...types.map(({ length }) => length));
  return types.map((type) => {
    const hearers = hearersOf(type, listeners).join(', ');
    return `${type.padEnd(width)}  ${publisherOf(type).padEnd(10)}  → ${hearers || 'nobody'}`;
  });
}

/**
 * All that is known of one event, and what each service was seen to do upon it; a line that suggests another where there is
 * none of this type.
 */
export function tell(
  type: string,
  listeners: Listeners,
  reactions: (service: string, type: EventType) => string[],
): { lines: string[]; isKnown: boolean } {
  if (!isEventType(type)) {
    const line = `There is no event ${type}. Did you mean ${nearest(type, eventTypes())}?`;
    return { lines: [line, '`npm run events` lists all.'], isKnown: false };
  }
  const { data } = (
    jsonSchemaOf(type, { described: true }) as { properties: Record<string, Schema> }
  ).properties;
  const lines = [
    type,
    `  ${(data as Schema)['description'] ?? ''}`,
    `  published by  ${publisherOf(type)}`,
    ...heardBy(hearersOf(type, listeners), (name) => reactions(name, type)),
    `  subject       data.${subjectOf(type)}`,
    '  data',
    ...properties(data as Schema),
  ];
  return { lines, isKnown: true };
}

function heardBy(hearers: string[], reactions: (name: string) => string[]): string[] {
  if (hearers.length === 0) return ['  heard by      nobody'];
  const width = Math.max(...hearers.map(({ length }) => length));
  return hearers.map((name, at) => {
    const did = reactions(name).join('; ');
    return `  ${at === 0 ? 'heard by' : '        '}      ${name.padEnd(width)}  ${did}`.trimEnd();
  });
}

function properties(schema: Schema): string[] {
  const rows = rowsOf(schema);
  const label = ({ path, isRequired }: Row) => {
    const name = path.at(-1) as string;
    return `${'  '.repeat(path.length + 1)}${isRequired ? name : `${name}?`}`;
  };
  const width = Math.max(...rows.map((row) => label(row).length));
  return rows.map((row) => `${label(row).padEnd(width)}  ${row.type}`);
}

export interface Row {
  /** The names down to the property. */
  path: string[];
  type: string;
  isRequired: boolean;
  description: string | undefined;
}

/** The properties of an object, each followed by those within it. */
export function rowsOf(schema: Schema, above: string[] = []): Row[] {
  const shape = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const required = (schema['required'] ?? []) as string[];
  return shape.flatMap(([name, property]) => {
    const path = [...above, name];
    const description = property['description'] as string | undefined;
    const row = { path, type: typeOf(property), isRequired: required.includes(name), description };
    const within = alternatives(property).filter((each) => each['properties']);
    return [row, ...within.flatMap((each) => rowsOf(each, path))];
  });
}

const alternatives = (schema: Schema) => (schema['anyOf'] ?? [schema]) as Schema[];

function typeOf(schema: Schema): string {
  const { anyOf, enum: values, const: only, type, format } = schema;
  if (anyOf) return alternatives(schema).map(typeOf).join(' or ');
  const known = only === undefined ? (values as unknown[] | undefined) : [only];
  if (known) return known.map((value) => JSON.stringify(value)).join(' | ');
  const { minimum, maximum = Number.MAX_SAFE_INTEGER } = schema as Record<string, number>;
  const limits = minimum === undefined ? '' : ` from ${minimum}`;
  const most = maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : '';
  return `${[type].flat().join(' or ')}${format ? ` (${format})` : ''}${limits}${most}`;
}

/** The name that takes the fewest changes of a letter. */
function nearest(text: string, names: readonly EventType[]): EventType {
  const ranked = names.map((name) => ({ name, steps: distance(text.toLowerCase(), name) }));
  return ranked.reduce((best, each) => (each.steps < best.steps ? each : best)).name;
}

/** Levenshtein's. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (const [n, letter] of [...from].entries()) {
    const next = [n + 1];
    for (const [m, other] of [...to].entries()) {
      const replaced = (row[m] as number) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[m + 1] as number) + 1, (next[m] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
