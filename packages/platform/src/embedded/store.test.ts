import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuplicateKey, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { Stored } from '@fairseat/common/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFile, StoreError } from './file.ts';
import { Store } from './store.ts';
import { EmbeddedTable } from './table.ts';

describe('the store', () => {
  let folder: string;
  let store: Store;
  let commits: number;
  const path = () => join(folder, 'test.sqlite');
  const open = () => {
    store = new Store(openFile(path()));
    store.define('CREATE TABLE IF NOT EXISTS things (id TEXT PRIMARY KEY, size TEXT)');
    commits = 0;
    store.listen({
      beforeCommit: () => {
        commits += 1;
      },
    });
  };
  const insert =
    (id: string, size = '') =>
    () => {
      store.sql('INSERT INTO things VALUES (?, ?)').run(id, size);
    };
  const ids = () =>
    store
      .sql('SELECT id FROM things ORDER BY id')
      .all()
      .map(({ id }) => id);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
    open();
  });
  afterEach(() => {
    store.crash();
    rmSync(folder, { recursive: true });
  });

  it('saves all that waits in one commit', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => store.write(insert(`t${n}`))));
    expect(commits).toBe(1);
    expect(ids()).toHaveLength(200);
  });

  it('fails a losing write for its own caller only', async () => {
    const outcomes = await Promise.allSettled([
      store.write(insert('a')),
      store.write(insert('a')),
      store.write(() => {
        throw new VersionConflict();
      }),
      store.write(insert('b')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(DuplicateKey);
    expect(commits).toBe(1);
    expect(ids()).toEqual(['a', 'b']);
  });

  it('fails a write that cannot be done for its own caller only, and undoes its beginning', async () => {
    const outcomes = await Promise.allSettled([
      store.write(insert('a')),
      store.write(() => {
        insert('b')();
        store.sql('INSERT INTO things VALUES (?, ?)').run('c', { no: 'value' } as never);
      }),
      store.write(insert('d')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).not.toBeInstanceOf(Unavailable);
    expect(ids()).toEqual(['a', 'd']);
  });

  it('saves what a unit left running by itself', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let late = Promise.resolve();
    await store.unit(
      async () => {
        late = promise.then(() => store.write(insert('late')));
      },
      () => {},
    );
    resolve();
    await late;
    expect(ids()).toEqual(['late']);
  });

  it('saves a unit as a whole or not at all', async () => {
    let finished = 0;
    const unit = (...names: string[]) =>
      store.unit(
        async () => {
          for (const name of names) await store.write(insert(name), true);
        },
        () => {
          finished += 1;
        },
      );
    await unit('a', 'b');
    await expect(unit('c', 'd', 'a')).rejects.toThrow(DuplicateKey);
    expect(ids()).toEqual(['a', 'b']);
    expect(finished).toBe(1);
  });

  it('saves nothing of a write without a savepoint that fails half-way', async () => {
    const half = () => {
      insert('half')();
      throw new TypeError('not foreseen');
    };
    await expect(store.write(half, true)).rejects.toThrow(Unavailable);
    await store.write(insert('next'), true);
    expect(ids()).toEqual(['next']);
  });

  it('saves nothing of a unit whose work throws', async () => {
    const failing = store.unit(
      async () => {
        await store.write(insert('a'));
        throw new Error('changed its mind');
      },
      () => {},
    );
    await expect(failing).rejects.toThrow('changed its mind');
    expect(ids()).toEqual([]);
  });

  it('saves nothing of a group when the disk is full, and goes on once it is not', async () => {
    const { page_count: pages } = store.sql('PRAGMA page_count').get() as { page_count: number };
    store.define(`PRAGMA max_page_count = ${pages + 2}`);
    const group = await Promise.allSettled([
      store.write(insert('small')),
      store.write(insert('large', 'x'.repeat(100_000))),
    ]);
    for (const outcome of group) {
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(Unavailable);
    }
    expect(ids()).toEqual([]);
    store.define('PRAGMA max_page_count = 100000');
    await store.write(insert('large', 'x'.repeat(100_000)));
    expect(ids()).toEqual(['large']);
  });

  it('is away, and nothing worse, when the disk cannot be read', async () => {
    const table = new EmbeddedTable(store, 'seats', {
      name: 'seats',
      unique: { place: () => null },
      indexes: { due: () => null },
    });
    const fail = () => {
      throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
    };
    const sql = store.sql.bind(store);
    store.sql = (text) => Object.assign(sql(text), { get: fail, all: fail, iterate: fail });
    store.sql('SELECT body FROM seats WHERE id = ?');
    await expect(table.get('a')).rejects.toThrow(Unavailable);
    await expect(table.getByKey('place', 'a')).rejects.toThrow(Unavailable);
    await expect(table.find({ limit: 1 })).rejects.toThrow(Unavailable);
    await expect(table.due('due', 1, 1)).rejects.toThrow(Unavailable);
  });

  it('keeps records where they are when they grow by what a hold adds', async () => {
    const table = new EmbeddedTable<Stored & { orderId: string | null }>(store, 'seats', {
      name: 'seats',
    });
    const pages = () => store.sql('PRAGMA page_count').get();
    const seats = Array.from({ length: 500 }, (_, n) => ({
      id: `seat ${n}`,
      version: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      orderId: null,
    }));
    await Promise.all(seats.map((seat) => table.insert(seat)));
    const inserted = pages();
    const held = { version: 2, orderId: 'a'.repeat(32) };
    await Promise.all(seats.map((seat) => table.replace(seat, { ...seat, ...held })));
    expect(pages()).toEqual(inserted);
    expect((await table.find({ limit: 1000 })).records.at(-1)?.orderId).toBe('a'.repeat(32));
  });

  it('refuses a second process and a file of a newer version, and says why', async () => {
    expect(() => openFile(path())).toThrow(/another process is using it/);
    await store.write(insert('a'));
    store.define('PRAGMA user_version = 99');
    await store.close();
    expect(open).toThrow(StoreError);
    expect(open).toThrow(/written by a newer Fairseat/);
  });
});
