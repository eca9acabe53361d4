import { Socket } from 'node:net';
import type { Link } from '@fairseat/test-support/link';
import { id, servers, thing, things, useScene } from '@fairseat/test-support/scene';
import { afterEach, describe, expect, it, vi } from 'vitest';

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
