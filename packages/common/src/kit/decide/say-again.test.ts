import { describe, expect, it } from 'vitest';
import type { Stored, Table } from '../../ports/index.ts';
import { createTestClock } from '../../testing/clock.ts';
import { type Place, type SayAgainOptions, type Source, sayAgain } from './say-again.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();
const id = (n: number) => n.toString(16).padStart(32, '0');

/** A table of so many records, which notes what was said. */
function source(name: string, count: number, broken?: string) {
  const records: Stored[] = Array.from({ length: count }, (_, n) => ({
    id: id(n + 1),
    version: 1,
    createdAt: day(n + 1),
  }));
  const said: string[] = [];
  const sayAgainPage: Source['sayAgain'] = async (behind, limit, since) => {
    const page = records.filter((record) => record.id > behind).slice(0, limit);
    const due = page.filter(({ createdAt, id: own }) => createdAt >= since && own !== broken);
    said.push(...due.map((record) => record.id));
    const failures = page.some((record) => record.id === broken)
      ? [{ id: broken as string, reason: 'damaged' }]
      : [];
    const last = page.length < limit ? null : (page.at(-1)?.id as string);
    return { behind: last, looked: page.length, said: due.length, failures };
  };
  return { name, sayAgain: sayAgainPage, said };
}

function keeping() {
  let kept: Place | undefined;
  return {
    get: async () => kept,
    keepNewest: async (place: Place) => {
      if (place.version > (kept?.version ?? 0)) kept = place;
    },
  } as unknown as Table<Place>;
}

/** Moves the clock whenever somebody waits for it. */
function hurrying() {
  const time = createTestClock();
  const clock = {
    ...time,
    after(ms: number, callback: () => void) {
      const cancel = time.after(ms, callback);
      queueMicrotask(() => time.advance(ms));
      return cancel;
    },
  };
  return { clock, onFailure: () => {} } satisfies SayAgainOptions;
}

describe('saying again', () => {
  it('says every record of every table once, more than a page of them', async () => {
    const [a, b] = [source('a', 120), source('b', 3)];
    expect(await sayAgain([a, b], hurrying())).toMatchObject({
      looked: 123,
      said: 123,
      isOver: true,
    });
    expect(a.said).toEqual(Array.from({ length: 120 }, (_, n) => id(n + 1)));
    expect(b.said).toEqual([id(1), id(2), id(3)]);
  });

  it('says no more in a second than asked for', async () => {
    const options = hurrying();
    const begunAt = options.clock.now();
    await sayAgain([source('a', 120)], { ...options, perSecond: 20 });
    const tookMs = options.clock.now() - begunAt;
    expect(tookMs).toBeGreaterThanOrEqual(5000);
    expect(tookMs).toBeLessThan(7000);
  });

  it('leaves out what was made before', async () => {
    const a = source('a', 9);
    expect(await sayAgain([a], { ...hurrying(), since: day(7) })).toMatchObject({ said: 3 });
    expect(a.said).toEqual([id(7), id(8), id(9)]);
  });

  it('goes on where it was stopped, and begins anew once it was done', async () => {
    const [a, b] = [source('a', 120), source('b', 120)];
    const options = { ...hurrying(), places: keeping() };
    const stopping = new AbortController();
    const onProgress = ({ looked }: Place) => looked >= 220 && stopping.abort();
    const stopped = await sayAgain([a, b], { ...options, onProgress, signal: stopping.signal });
    expect(stopped).toMatchObject({ table: 'b', looked: 220, isOver: false });
    expect(await sayAgain([a, b], options)).toMatchObject({ looked: 240, isOver: true });
    expect(a.said).toHaveLength(120);
    expect(b.said).toHaveLength(120);
    expect(await sayAgain([a, b], options)).toMatchObject({ looked: 240, isOver: true });
    expect(b.said).toHaveLength(240);
  });

  it('goes on where it was killed, but not with another selection', async () => {
    const a = source('a', 120);
    const options = { ...hurrying(), places: keeping() };
    const killed = () => {
      throw new Error('killed');
    };
    await expect(sayAgain([a], { ...options, onProgress: killed })).rejects.toThrow('killed');
    expect(await sayAgain([a], { ...options, since: day(100) })).toMatchObject({ looked: 120 });
    await expect(sayAgain([a], { ...options, onProgress: killed })).rejects.toThrow('killed');
    a.said.length = 0;
    await sayAgain([a], options);
    expect(a.said).toEqual(Array.from({ length: 70 }, (_, n) => id(n + 51)));
  });

  it('passes over a record that cannot be said, and tells of it', async () => {
    const a = source('a', 60, id(7));
    const failures: unknown[][] = [];
    const onFailure = (...failure: unknown[]) => failures.push(failure);
    expect(await sayAgain([a], { ...hurrying(), onFailure })).toMatchObject({
      looked: 60,
      said: 59,
    });
    expect(failures).toEqual([['a', id(7), 'damaged']]);
  });
});
