import { Socket } from 'node:net';
import type { Link } from '@fairseat/test-support/link';
import { id, servers, thing, things, useScene } from '@fairseat/test-support/scene';
import { MongoClient, MongoExpiredSessionError } from 'mongodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { Mongo } from './mongodb.ts';

const scene = useScene();

/**
 * Destroys the next socket that such a message is written to. Sockets that are reset together are all destroyed before
 * the driver learns of the first, and it waits for ever for one that it writes to in between.
 */
function destroyBeforeWriting(link: Link, message: RegExp) {
  const { port } = new URL(link.url);
  const { write } = Socket.prototype;
  const destroyed: Socket[] = [];
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    if (this.remotePort === Number(port) && destroyed.length === 0 && message.test(`${args[0]}`)) {
      destroyed.push(this.destroy());
    }
    return write.apply(this, args as Parameters<typeof write>);
  });
  return destroyed;
}

describe('a connection to MongoDB that is reset just before it is written to', {
  timeout: 60_000,
}, () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const open = async () => {
    const link = await scene.linkTo(servers.mongodbUrl);
    const platform = scene.open({ mongodbUrl: link.url });
    const table = platform.table('auth', things);
    await table.insert(thing(1));
    return { link, table };
  };

  it('leaves no operation without an answer', async () => {
    const { link, table } = await open();
    const destroyed = destroyBeforeWriting(link, /things/);
    const outcome = await table.get(id(1)).catch((error) => error.name);
    expect(destroyed).toHaveLength(1);
    expect(outcome).toBe('Unavailable');
    expect(await table.get(id(1))).toEqual(thing(1));
  });

  it('does not keep the driver from finding the server again', async () => {
    const { link, table } = await open();
    const got = () => table.get(id(1)).catch((error) => error.message);
    const destroyed = destroyBeforeWriting(link, /hello|ismaster/i);
    const underway = got();
    link.cut();
    link.mend();
    await underway;
    await expect.poll(() => destroyed).toHaveLength(1);
    await expect.poll(got).toEqual(thing(1));
  });
});

describe('a client that cannot find MongoDB and is replaced', { timeout: 60_000 }, () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Replaces the client while an operation that began with it waits to go on. */
  const replaceDuring = async (goOn: (attempt: number) => void) => {
    const link = await scene.linkTo(servers.mongodbUrl);
    const { namespace: prefix } = scene;
    const options = { url: link.url, caFile: undefined, name: 'test', prefix, clock: systemClock };
    const mongo = new Mongo(options);
    const closed = vi.spyOn(MongoClient.prototype, 'close');
    const begun = Promise.withResolvers<void>();
    const replaced = Promise.withResolvers<void>();
    const attempts: number[] = [];
    const underWay = mongo.run(async (attempt) => {
      attempts.push(attempt);
      const things = mongo.database('auth').collection('things');
      begun.resolve();
      await replaced.promise;
      goOn(attempt);
      return things.countDocuments();
    });
    await begun.promise;
    const lost = mongo.database('auth').client;
    const destroyed = destroyBeforeWriting(link, /hello|ismaster/i);
    link.cut();
    link.mend();
    const other = mongo.run(() => mongo.database('auth').collection('things').countDocuments());
    await expect.poll(() => mongo.database('auth').client !== lost, { timeout: 6000 }).toBe(true);
    expect(destroyed).toHaveLength(1);
    expect(await other).toBe(0);
    const closedBefore = closed.mock.contexts.includes(lost);
    replaced.resolve();
    const outcome = await underWay.catch((error) => error);
    const closedAfter = closed.mock.contexts.includes(lost);
    await mongo.close(true);
    return { outcome, attempts, closedBefore, closedAfter };
  };

  it('is closed only after the operations that use it', async () => {
    const { outcome, ...rest } = await replaceDuring(() => {});
    expect(outcome).toBe(0);
    expect(rest).toEqual({ attempts: [1, 2], closedBefore: false, closedAfter: true });
  });

  it('fails no operation: what the driver gives up is tried again with the new one', async () => {
    const { outcome, attempts } = await replaceDuring((attempt) => {
      if (attempt === 1) throw new MongoExpiredSessionError();
    });
    expect(outcome).toBe(0);
    expect(attempts).toEqual([1, 2]);
  });
});
