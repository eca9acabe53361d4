/**
 * The published history of the catalogue: a folder an event with a JSON Schema a version, and an index with the digest
 * of each version and the releases that published it. A version without a release is a draft.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Schema } from './compare.ts';

interface Version {
  sha256: string;
  releases: string[];
}

export interface Index {
  /** Whether the readers of each release take values that they do not know; the oldest release first. */
  releases: Record<string, { readers: 'open' | 'closed' }>;
  events: Record<string, Version[]>;
}

/** Events by type, as they are defined now. */
export type Catalogue = Readonly<Record<string, Schema>>;

export interface History {
  index: Index;
  /** By type; version 1 first. */
  schemas: Record<string, Schema[]>;
}

const INDEX = 'index.json';
const fileOf = (type: string, version: number) => `${type}/${version}.json`;
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const textOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Reads a history, or what is wrong with it: a line for each file that is not as it was published. */
export function readHistory(folder: string): History | string[] {
  const index = readIndex(folder);
  if (index === undefined) return [`${INDEX} is missing or no JSON. Restore it: ${BY_HAND}`];
  const left = new Set(globSync('*/*', { cwd: folder }));
  const wrong: string[] = [];
  const read = (type: string, { sha256 }: Version, number: number): Schema => {
    const file = fileOf(type, number);
    if (!left.delete(file)) {
      wrong.push(`${file} is missing. Restore it: ${BY_HAND}`);
      return {};
    }
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
    if (digestOf(text) === sha256) return JSON.parse(text);
    wrong.push(`${file} was changed by hand. Restore it: ${BY_HAND}`);
    return {};
  };
  const schemas = mapped(index.events, (versions, type) =>
    versions.map((version, at) => read(type, version, at + 1)),
  );
  for (const file of left) wrong.push(`${file} is not in ${INDEX}. Remove it: ${BY_HAND}`);
  return wrong.length > 0 ? wrong : { index, schemas };
}

function readIndex(folder: string): Index | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, INDEX), 'utf8'));
  } catch {
    return undefined;
  }
}

const BY_HAND = 'a history is written by `npm run events -- --write` alone.';

/** The history with today's catalogue: a changed event gets a new version in place of its draft, if it has one. */
export function brought(today: Catalogue, { index, schemas }: History): History {
  const next: History = { index: { ...index, events: {} }, schemas: {} };
  for (const type of Object.keys({ ...index.events, ...today }).sort()) {
    const versions = (index.events[type] ?? []).filter(({ releases }) => releases.length > 0);
    const published = (schemas[type] ?? []).slice(0, versions.length);
    const schema = today[type];
    if (schema && !isDeepStrictEqual(published.at(-1), schema)) {
      versions.push({ sha256: digestOf(textOf(schema)), releases: [] });
      published.push(schema);
    }
    if (versions.length === 0) continue;
    next.index.events[type] = versions;
    next.schemas[type] = published;
  }
  return next;
}

/** The history once a release has published the newest version of each event. */
export function released(release: string, { index, schemas }: History): History {
  const events = mapped(index.events, (versions) =>
    versions.map((version, at) =>
      at + 1 < versions.length || version.releases.includes(release)
        ? version
        : { ...version, releases: [...version.releases, release] },
    ),
  );
  const releases = { ...index.releases, [release]: { readers: 'open' as const } };
  return { index: { releases, events }, schemas };
}

export function writeHistory(folder: string, { index, schemas }: History) {
  for (const file of globSync('*/', { cwd: folder }))
    rmSync(join(folder, file), { recursive: true });
  for (const [type, versions] of Object.entries(schemas)) {
    for (const [at, schema] of versions.entries()) {
      const path = join(folder, fileOf(type, at + 1));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, textOf(schema));
    }
  }
  writeFileSync(join(folder, INDEX), textOf(index));
}

const mapped = <V, W>(record: Record<string, V>, to: (value: V, key: string) => W) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value, key)]));
