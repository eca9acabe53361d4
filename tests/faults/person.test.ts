/** What the load of the fault runs counts, though it repeats every request until there is an answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Counts, Person, withoutCause } from './person.ts';

describe('a request that is repeated', () => {
  it.each([
    ['cut', 'cut', 1],
    ['refused by a 503', 503, 0],
  ])('counts apart when it was %s', async (_, first, cuts) => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      if (asked === 1 && first === 'cut') request.socket.destroy();
      else response.writeHead(asked === 1 ? Number(first) : 200).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const counts: Counts = { requests: 0, failed: 0, cuts: [] };
    const { port } = server.address() as AddressInfo;
    const person = new Person(`http://127.0.0.1:${port}`, counts);
    expect((await person.get('/', Date.now() + 10_000)).status).toBe(200);
    expect({ ...counts, cuts: counts.cuts.length }).toEqual({ requests: 2, failed: 1, cuts });
    server.close();
    server.closeAllConnections();
  });
});

describe('a connection that is cut', () => {
  it.each([
    ['before the fault began', 80, 90, 1],
    ['when the fault began', 80, 110, 0],
    ['while the fault lasts', 110, 120, 0],
    ['after a request of the time of the fault', 190, 260, 0],
    ['when all was well again', 210, 220, 1],
  ])('%s: %i to %i', (_, sentAt, cutAt, wrong) => {
    expect(withoutCause([{ sentAt, cutAt }], 100, 200)).toHaveLength(wrong);
  });
});
