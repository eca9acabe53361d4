/** Documents as 0.1.0 writes them, which knows nothing of marks, before and beside this version. */
import type { TableDefinition } from '@fairseat/common/ports';
import { id, servers, type Thing, thing, things, useScene } from '@fairseat/test-support/scene';
import { beforeEach, describe, expect, it } from 'vitest';
import { readStatus } from './index.ts';

const scene = useScene();

const labelled: TableDefinition<Thing> = {
  ...things,
  indexes: { label: ({ label }) => label, made: ({ createdAt }) => Date.parse(createdAt) },
};

const fields = (record: Thing) => ({
  version: record.version,
  createdAt: record.createdAt,
  record,
  keys: { label: record.label },
  indexes: { label: record.label },
});
const documents = () => scene.database('auth').collection<{ _id: string }>('things');
const write = (record: Thing) =>
  documents().updateOne({ _id: record.id }, { $set: fields(record) }, { upsert: true });
const status = () => readStatus({ ...servers, namespace: scene.namespace }, ['auth']);

beforeEach(async () => {
  const partial = { partialFilterExpression: { 'indexes.label': { $exists: true } } };
  const key = { 'indexes.label': 1, createdAt: -1, _id: -1 } as const;
  await documents().createIndex(key, { name: 'index_label', ...partial });
  for (const n of [1, 2, 3]) await write(thing(n));
});

describe('a collection of 0.1.0', () => {
  it('is found by what is new, and what replicas of 0.1.0 write beside it too', async () => {
    const table = scene.open().table('auth', labelled);
    const made = async () => (await table.due('made', 1e6, 9)).map((each) => each.id);
    expect(await made()).toEqual([1, 2, 3].map(id));
    expect(await status()).toEqual(['auth_things: 3 records, all filled']);
    await write(thing(4));
    await write({ ...thing(2, 2), label: 'renamed' });
    expect(await status()).toEqual(['auth_things: 2 of 4 records, filling the rest']);
    expect(await made()).toEqual([1, 2, 3, 4].map(id));
    const found = await table.find({ where: { label: 'renamed' }, limit: 9 });
    expect(found.records).toEqual([{ ...thing(2, 2), label: 'renamed' }]);
  });

  it('is found half done by any version, which says what it does', async () => {
    const lines: string[] = [];
    const openAs = async (definition: TableDefinition<Thing>) => {
      const platform = scene.open({ onHalfFilled: (line) => lines.push(line) });
      platform.table('auth', definition);
      await platform.start();
      await expect.poll(status).toEqual(['auth_things: 3 records, all filled']);
      await platform.close();
    };
    const interrupt = async () => {
      const kept = await scene.database('auth').collection('definitions').findOne({});
      await documents().updateOne({ _id: id(3) }, { $unset: { [kept?.['mark']]: '' } });
    };
    await openAs(labelled);
    expect(lines).toEqual([]);
    await interrupt();
    await openAs(labelled);
    await interrupt();
    const made = ({ createdAt }: Thing) => createdAt;
    await openAs({ ...things, indexes: { made } });
    const found = 'auth_things was left half filled: 2 of 3 records had all that ';
    expect(lines).toEqual([
      `${found}this version keeps of them. This version fills the others.`,
      `${found}another version keeps of them. This version fills what it keeps in all of them.`,
    ]);
  });

  it('still has what replicas of 0.1.0 look for, also where a function has changed', async () => {
    const upcast = (record: object) => record as Thing;
    const indexes = { label: ({ label }: Thing) => label.toUpperCase() };
    const table = scene.open().table('auth', { ...things, version: 2, upcast, indexes });
    const found = await table.find({ where: { label: 'THING 1' }, limit: 9 });
    expect(found.records).toEqual([thing(1)]);
    expect(await documents().countDocuments({ 'indexes.label': 'thing 1' })).toBe(1);
    await table.insert(thing(4));
    const saved = await documents().findOne({ 'indexes.label': 'THING 4' });
    expect(saved).toMatchObject({ _id: id(4), keys: { label: 'thing 4' } });
  });

  it('is found by the beginnings of words, and has whole ones for replicas of 0.1.0', async () => {
    await documents().createIndex({ words: 1, createdAt: -1, _id: -1 }, { name: 'words' });
    await documents().updateMany({}, { $set: { words: ['thing'] } });
    const table = scene.open().table('auth', { ...things, text: ({ label }) => label });
    const find = async (words: string) =>
      (await table.find({ words, limit: 9 })).records.map((each) => each.id);
    expect(await find('thi')).toEqual([3, 2, 1].map(id));
    await table.insert({ ...thing(4), label: 'Łódź' });
    expect(await find('lod')).toEqual([id(4)]);
    expect(await documents().countDocuments({ words: 'łodz' })).toBe(1);
  });

  it('leaves a new key with whoever had it first, and tells of the other', async () => {
    const unique = { ...things.unique, made: ({ createdAt }: Thing) => createdAt };
    const table = scene.open().table('auth', { ...labelled, unique });
    const { createdAt } = thing(1);
    expect(await table.getByKey('made', createdAt)).toEqual(thing(1));
    await write({ ...thing(9), createdAt });
    expect(await table.getByKey('made', createdAt)).toEqual(thing(1));
    expect(scene.errors.join()).toContain(
      `The unique key made of auth_things is new, and the records ${id(1)} and ${id(9)} have the same value of it.`,
    );
  });
});
