import { DuplicateKey, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { Table } from '@fairseat/common/ports';
import type { Link } from '@fairseat/test-support/link';
import {
  ended,
  hearing,
  id,
  inOrder,
  numbers,
  servers,
  soon,
  type Thing,
  thing,
  things,
  useScene,
} from '@fairseat/test-support/scene';
import { beforeEach, describe, expect, it } from 'vitest';

const scene = useScene();

describe('an event saved with its record', () => {
  it('is sent by another replica when its own died before sending it', async () => {
    const toNats = await scene.linkTo(servers.natsUrl);
    const dying = scene.open({ natsUrl: toNats.url });
    await dying.start();
    toNats.cut();
    await dying.table('auth', things).insert(thing(1), [ended(1), ended(2)]);
    await dying.crash();

    const other = scene.open();
    other.table('auth', things);
    const heard = hearing(other, 'a');
    await other.start();
    await expect.poll(() => heard.toSorted(), soon).toEqual([1, 2]);
    await expect.poll(() => unsent(), soon).toBe(0);
  });

  it('is sent once NATS is back, by the process that saved it', async () => {
    const toNats = await scene.linkTo(servers.natsUrl);
    const platform = scene.open({ natsUrl: toNats.url });
    const heard = hearing(platform, 'a');
    const table = platform.table('auth', things);
    await platform.start();
    toNats.cut();
    for (const n of numbers(20)) await table.insert(thing(n), [ended(n)]);
    expect(heard).toEqual([]);
    toNats.mend();
    await expect.poll(() => inOrder(heard), soon).toEqual(numbers(20));
    await expect.poll(() => unsent(), soon).toBe(0);
  });

  it('is heard once although it is sent again', async () => {
    const platform = scene.open();
    const heard = hearing(platform, 'a');
    await platform.start();
    await platform.bus.publish(ended(1));
    await platform.bus.publish(ended(1));
    await platform.bus.publish(ended(2));
    await platform.settled();
    expect(heard.toSorted()).toEqual([1, 2]);
  });

  const unsent = async () => {
    const saved = scene.database('auth').collection('things');
    return saved.countDocuments({ unsent: { $gt: 0 } });
  };
});

describe('a write whose answer was lost', () => {
  let toMongo: Link;
  beforeEach(async () => {
    toMongo = await scene.linkTo(servers.mongodbUrl);
  });

  /** Writes through a link that loses the answer, and cuts it once another connection sees the write. */
  async function losingTheAnswer(write: (table: Table<Thing>) => Promise<void>, version: number) {
    const near = scene.open().table('auth', things);
    await near.insert(thing(1));
    const far = scene.open({ mongodbUrl: toMongo.url }).table('auth', things);
    await far.get(id(1));
    toMongo.loseAnswers();
    const writing = write(far);
    const savedVersion = async () => (await near.getByKey('label', 'changed'))?.version;
    await expect.poll(savedVersion, soon).toBe(version);
    toMongo.cut();
    toMongo.mend();
    return { near, writing };
  }

  it('is known as its own when an insert is tried again', async () => {
    const changed = { ...thing(2), label: 'changed' };
    const { near, writing } = await losingTheAnswer((table) => table.insert(changed), 1);
    await writing;
    await expect(near.insert(changed)).rejects.toThrow(DuplicateKey);
  });

  it('is known as its own when a replacement is tried again', async () => {
    const changed = { ...thing(1, 2), label: 'changed' };
    const { near, writing } = await losingTheAnswer((table) => table.replace(thing(1), changed), 2);
    await writing;
    await expect(near.replace(thing(1), changed)).rejects.toThrow(VersionConflict);
  });

  it('is known as its own also after others have written', async () => {
    const changed = { ...thing(1, 2), label: 'changed' };
    const near = scene.open().table('auth', things);
    const { writing } = await losingTheAnswer(async (table) => {
      toMongo.loseAnswers();
      await table.replace(thing(1), changed);
    }, 2);
    await near.replace(changed, thing(1, 3));
    await writing;
    expect((await near.get(id(1)))?.version).toBe(3);
  });

  it('is Unavailable when the database stays away', async () => {
    const table = scene.open({ mongodbUrl: toMongo.url }).table('auth', things);
    await table.insert(thing(1));
    toMongo.cut();
    await expect(table.replace(thing(1), thing(1, 2))).rejects.toThrow(Unavailable);
    await expect(table.get(id(1))).rejects.toThrow('MONGODB_URL');
    toMongo.mend();
    await table.replace(thing(1), thing(1, 2));
    await expect(table.replace(thing(1), thing(1, 2))).rejects.toThrow(VersionConflict);
  });
});
