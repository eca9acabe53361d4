import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutFile, giveBackSpace, openFile } from './file.ts';
import { Store } from './store.ts';

describe('the file', () => {
  let folder: string;
  const path = () => join(folder, 'fairseat.sqlite');
  const sizeMb = () => statSync(path()).size / 2 ** 20;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['in a new folder', () => {}],
    [
      'that an older release made',
      () =>
        copyFileSync(
          join(import.meta.dirname, '../../../../tests/upgrade/0.1.0/fairseat.sqlite'),
          path(),
        ),
    ],
  ])('%s grows smaller when much of it has become free', async (_, prepare) => {
    prepare();
    const store = new Store(openFile(path()));
    store.define('CREATE TABLE things (size TEXT)');
    await store.write(() => {
      const insert = store.sql('INSERT INTO things VALUES (?)');
      for (let n = 0; n < 8000; n++) insert.run('x'.repeat(2000));
    });
    cutFile(store);
    expect(sizeMb()).toBeGreaterThan(15);
    await store.write(() => store.define('DELETE FROM things'));
    for (let isMore = true; isMore; ) {
      await store.write(() => {
        isMore = giveBackSpace(store);
      });
    }
    cutFile(store);
    expect(sizeMb()).toBeLessThan(6);
    await store.close();
  });
});
