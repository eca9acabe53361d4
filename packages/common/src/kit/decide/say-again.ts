/** Saying again: a new write and a new event for each record, which repeat its present state. */
import type { Clock, Stored, Table, TableDefinition } from '../../ports/index.ts';
import type { SaidAgain } from './records.ts';

/** The records of one table. */
export interface Source {
  name: string;
  sayAgain(behind: string, limit: number, since: string, floor: number): Promise<SaidAgain>;
}

/** How far a run has come. Saved after each page, so that the next run goes on there. */
export interface Place extends Stored {
  /** Records that were made before are left out; ISO 8601, or empty. */
  since: string;
  table: string;
  /** The last record that was looked at. */
  behind: string;
  looked: number;
  said: number;
  isOver: boolean;
}

export const placeTable: TableDefinition<Place> = { name: 'saying_again' };

export interface SayAgainOptions {
  clock: Clock;
  since?: string;
  /** No record is said in a lower version. */
  floor?: number;
  /** At most so many records a second, so that whoever receives the events keeps up. */
  perSecond?: number;
  /** Where the place is kept; without it a run begins anew. */
  places?: Table<Place>;
  onProgress?: (place: Place) => void;
  onFailure: (table: string, id: string, reason: unknown) => void;
  /** Ends the run after the page under way. */
  signal?: AbortSignal;
}

const SAID_PER_SECOND = 500;
const BATCH = 50;

/** Says every record's state again, table by table. Answers how far it has come. @throws Unavailable */
export async function sayAgain(sources: Source[], options: SayAgainOptions): Promise<Place> {
  const { places, onProgress } = options;
  let place = await begin(options);
  const reach = async (change: Partial<Place>) => {
    place = { ...place, ...change, version: place.version + 1 };
    await places?.keepNewest(place);
  };
  const first = sources.findIndex(({ name }) => name === place.table);
  for (const source of sources.slice(Math.max(0, first))) {
    if (source.name !== place.table) await reach({ table: source.name, behind: '' });
    for await (const page of pagesOf(source, place, options)) {
      const [looked, said] = [place.looked + page.looked, place.said + page.said];
      await reach({ behind: page.behind ?? place.behind, looked, said });
      onProgress?.(place);
    }
    if (options.signal?.aborted) return place;
  }
  await reach({ isOver: true });
  return place;
}

async function begin({ clock, since = '', places }: SayAgainOptions): Promise<Place> {
  const id = 'say-again';
  const kept = await places?.get(id);
  if (kept && !kept.isOver && kept.since === since) return kept;
  const createdAt = new Date(clock.now()).toISOString();
  const start = { table: '', behind: '', looked: 0, said: 0, isOver: false };
  return { ...start, id, version: kept?.version ?? 0, createdAt, since };
}

async function* pagesOf({ name, sayAgain }: Source, place: Place, options: SayAgainOptions) {
  const { clock, since = '', floor = 0, perSecond = SAID_PER_SECOND, onFailure, signal } = options;
  const limit = Math.min(BATCH, perSecond);
  for (let behind: string | null = place.behind; behind !== null && !signal?.aborted; ) {
    const begunAt = clock.monotonic();
    const page: SaidAgain = await sayAgain(behind, limit, since, floor);
    for (const { id, reason } of page.failures) onFailure(name, id, reason);
    behind = page.behind;
    yield page;
    const leftMs = begunAt + (page.looked / perSecond) * 1000 - clock.monotonic();
    if (behind !== null && leftMs > 0) await until(clock, leftMs);
  }
}

const until = (clock: Clock, ms: number) =>
  new Promise<void>((resolve) => {
    clock.after(ms, resolve);
  });
