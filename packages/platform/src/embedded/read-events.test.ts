import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEvent } from '@fairseat/common/events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rowOf } from './event-rows.ts';
import { openFile, StoreError } from './file.ts';
import { readEvents } from './read-events.ts';
import { Store } from './store.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');
const time = '2026-03-01T12:00:00.007Z';
const ended = (n: number): AnyEvent => ({
  ...{ specversion: '1.0', id: id(n), source: 'auth', type: 'session.ended', subject: id(n) },
  ...{ time, version: 1, correlationid: id(n) },
  traceparent: `00-${id(n)}-${id(n).slice(16)}-01`,
  data: { sessionId: id(n), expiresAt: time },
});

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
  store = new Store(openFile(join(folder, 'fairseat.sqlite')));
});
afterEach(() => {
  store.crash();
  rmSync(folder, { recursive: true });
});

const save = (event = ended(1)) => store.write(() => store.append(event, rowOf(event)));
const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('fairseat-log-'));

it('reads the events that have a text, of a file that is in use and not written yet, and leaves no copy', async () => {
  const events = [ended(1), ended(2), { ...ended(3), correlationid: 'in one story' }];
  for (const event of events) await save(event);
  expect(existsSync(join(folder, 'fairseat.sqlite-wal'))).toBe(true);
  expect(readEvents(folder, [id(2), 'in one story'])).toEqual(events.slice(1));
  await save(ended(4));
  expect(readEvents(folder, [id(4)])).toEqual([expect.objectContaining({ id: id(4) })]);
  expect(copies()).toEqual([]);
});

it('leaves out what a newer release publishes, and takes texts as they are', async () => {
  await save({ ...ended(1), type: 'session.begun' as never });
  await save(ended(2));
  expect(readEvents(folder, ['session'])).toMatchObject([{ id: id(2) }]);
  expect(readEvents(folder, ["' OR 1=1 --", '%'])).toEqual([]);
});

it('says that there is nothing', () => {
  expect(() => readEvents(join(folder, 'nowhere'), [''])).toThrow(StoreError);
});
