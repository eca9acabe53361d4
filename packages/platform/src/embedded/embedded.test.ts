import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform, Stored } from '@fairseat/common/ports';
import {
  busContract,
  gatewayContract,
  type OpenHarness,
  tableContract,
  timersContract,
} from '@fairseat/common/testing';
import { expect, it } from 'vitest';
import { type EmbeddedPlatform, openEmbedded } from './index.ts';
import { Store } from './store.ts';
import { EmbeddedTable } from './table.ts';

const openHarness: OpenHarness = async (clock) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairseat-'));
  const opened: EmbeddedPlatform[] = [];
  return {
    clock,
    async open() {
      const platform = openEmbedded({ dataDir, clock, deferMs: 2, backoffMs: 1 });
      opened.push(platform);
      return platform;
    },
    async crash(platform: Platform) {
      opened.find((each) => each === platform)?.crash();
    },
    async dispose() {
      for (const platform of opened) platform.crash();
      rmSync(dataDir, { recursive: true });
    },
  };
};

tableContract('embedded', openHarness);
busContract('embedded', openHarness);
timersContract('embedded', openHarness);
gatewayContract('embedded', openHarness);

it('keeps records where they are when they grow by what a hold adds', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairseat-'));
  const store = new Store(join(dataDir, 'test.sqlite'));
  interface Seat extends Stored {
    orderId: string | null;
  }
  const table = new EmbeddedTable<Seat>(store, 'seats', { name: 'seats' });
  const pages = () => store.sql('PRAGMA page_count').get();
  const seats = Array.from({ length: 500 }, (_, n) => ({
    id: `seat ${n}`,
    version: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    orderId: null,
  }));
  await Promise.all(seats.map((seat) => table.insert(seat)));
  const inserted = pages();
  const held = seats.map((seat) => ({ ...seat, version: 2, orderId: 'a'.repeat(32) }));
  await Promise.all(seats.map((seat, n) => table.replace(seat, held[n] ?? seat)));
  expect(pages()).toEqual(inserted);
  expect((await table.find({ limit: 1000 })).records.at(-1)?.orderId).toBe('a'.repeat(32));
  store.crash();
  rmSync(dataDir, { recursive: true });
});
