/** Where messages may go, and where not, over real connections. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { answering, Receiver } from '@fairseat/test-support/receiver';
import { afterEach, describe, expect, it } from 'vitest';
import { createPost, refusalOf } from './post.ts';

const message = { id: 'm', body: '{}', sentAt: 0, secrets: [`whsec_${btoa('secret')}`] };
const never = new AbortController().signal;
const opened: Receiver[] = [];
const open = async () => {
  const receiver = await Receiver.open();
  opened.push(receiver);
  return receiver;
};
afterEach(() => Promise.all(opened.splice(0).map((each) => each[Symbol.asyncDispose]())));

const post = createPost({ mayBeLoopback: true });
const postAbroad = createPost({ mayBeLoopback: false });

describe('an address', () => {
  it.each([
    'https://shop.example/hook',
    'https://shop.example:8443/?a=b',
    'https://93.184.215.14/',
    'https://[2606:2800:21f::1]/',
  ])('may be %s', (address) => {
    expect(refusalOf(address, false)).toBeUndefined();
    expect(refusalOf(address, true)).toBeUndefined();
  });

  it.each([
    'http://shop.example/hook',
    'ftp://shop.example/',
    'file:///etc/passwd',
    'https://user:password@shop.example/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/',
    'https://[::ffff:192.168.0.1]/',
    'https://2852039166/',
    'https://0xa9.0xfe.0xa9.0xfe/',
    'https://0/',
    'shop.example',
    '',
  ])('may never be %s', (address) => {
    expect(refusalOf(address, false)).toBeDefined();
    expect(refusalOf(address, true)).toBeDefined();
  });

  it.each(['http://127.0.0.1:4000/', 'http://localhost:4000/', 'https://[::1]/', 'http://127.1/'])(
    'of this machine may be %s for development alone',
    async (address) => {
      expect(refusalOf(address, true)).toBeUndefined();
      await expect(postAbroad(address, message, never)).rejects.toThrow(/https|public/);
    },
  );
});

describe('a message', () => {
  it('goes to no private address that a name leads to', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    let connections = 0;
    server.on('connection', () => connections++);
    const { port } = server.address() as AddressInfo;
    const sent = postAbroad(`https://localhost:${port}/`, message, never);
    await expect(sent).rejects.toThrow(/localhost leads to .*, which is no public address/);
    expect(connections).toBe(0);
    server.close();
  });

  it('follows no redirect', async () => {
    const [inside, outside] = [await open(), await open()];
    for (const status of [301, 302, 303, 307, 308]) {
      outside.answer = answering(status, { location: inside.url });
      expect(await post(outside.url, message, never)).toBe(status);
    }
    expect(inside.received).toEqual([]);
  });

  it('waits for no answer that does not come', async () => {
    const receiver = await open();
    receiver.answer = () => {};
    const soon = createPost({ mayBeLoopback: true, withinMs: 50 });
    await expect(soon(receiver.url, message, never)).rejects.toThrow('no answer within 0.05 s');
    const stopping = new AbortController();
    const sent = post(receiver.url, message, stopping.signal);
    await receiver.until(2);
    stopping.abort();
    await expect(sent).rejects.toThrow();
  });

  it('reads no answer without end', async () => {
    const receiver = await open();
    const cut = Promise.withResolvers<void>();
    receiver.answer = (response) => {
      const more = () => void (response.write('x'.repeat(65_536)) && setImmediate(more));
      response.writeHead(200).once('close', cut.resolve).on('drain', more);
      more();
    };
    expect(await post(receiver.url, message, never)).toBe(200);
    await cut.promise;
  });

  it('to nobody fails', async () => {
    const receiver = await Receiver.open();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    await expect(post(url, message, never)).rejects.toThrow('ECONNREFUSED');
  });
});
