/** Decides whether the catalogue of today may be published after what was published before. */
import { isDeepStrictEqual } from 'node:util';
import { backward, type Finding, forward } from './compare.ts';
import { brought, type Catalogue, type History, type Index } from './history.ts';

/** What would break readers, a line each: no later version can make it good. */
export function breaks(today: Catalogue, { index, schemas }: History): string[] {
  return Object.entries(index.events).flatMap(([type, versions]) => {
    const published = versions.flatMap(({ releases }, at) => {
      const schema = schemas[type]?.[at];
      return schema && releases.length > 0 ? [{ schema, number: at + 1, releases }] : [];
    });
    const now = today[type];
    if (published.length === 0) return [];
    if (now === undefined) {
      return `${type} is gone, though it was published. Define it again: kept events of it are still read.`;
    }
    return linesOf(
      type,
      published.flatMap(({ schema, number, releases }) => [
        ...found('old', number, forward(schema, now, isOpen(index, releases))),
        ...found('new', number, backward(schema, now)),
      ]),
    );
  });
}

const WRITE = 'npm run events -- --write';

/** What is missing in the history, a line each. */
export function unwritten(
  today: Catalogue,
  history: History,
  releases: readonly string[],
): string[] {
  const { events } = history.index;
  const written = brought(today, history);
  const changed = Object.keys({ ...events, ...written.index.events }).filter(
    (type) => !isDeepStrictEqual(events[type], written.index.events[type]),
  );
  const unnamed = releases.filter((release) => !(release in history.index.releases));
  return [
    ...changed.map((type) => {
      if (!(type in events)) return `${type} is new. Write its first version: ${WRITE}`;
      return type in today
        ? `${type} changed compatibly. Write its next version: ${WRITE}`
        : `${type} is gone and was never published. Take its draft back: ${WRITE}`;
    }),
    ...unnamed.map(
      (release) =>
        `Release ${release} is not in the history of events. Add it: npm run events -- --release ${release}`,
    ),
  ];
}

/**
 * Whether the readers of a version take values that they do not know. Closed readers count while theirs is the newest
 * release: a rolling update goes from one release to the next.
 */
function isOpen({ releases }: Index, publishedBy: readonly string[]): boolean {
  const newest = Object.keys(releases).at(-1);
  return !publishedBy.some(
    (release) => release === newest && releases[release]?.readers === 'closed',
  );
}

type Found = Finding & { readers: 'old' | 'new'; number: number };

const found = (readers: 'old' | 'new', number: number, findings: Finding[]): Found[] =>
  findings.map((finding) => ({ ...finding, readers, number }));

/** The same finding against several versions is one line. */
function linesOf(type: string, findings: Found[]): string[] {
  const groups = Map.groupBy(findings, ({ path, what, readers }) => `${path} ${what} ${readers}`);
  return [...groups.values()].map((same) => {
    const { path, what, advice, readers } = same[0] as Found;
    const versions = `version ${same.map(({ number }) => number).join(', ')}`;
    const broken =
      readers === 'old'
        ? `readers of ${versions} cannot take today's events`
        : `today's readers cannot take events of ${versions}`;
    return `${type}: ${path || 'it'} ${what}, so ${broken}. ${advice}`;
  });
}
