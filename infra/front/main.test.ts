import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

/** A service, as far as the front asks it; away until it listens. */
function standIn(name: string) {
  return createServer(({ url = '' }, response) => {
    const document = { openapi: '3.1.0', info: {}, paths: { [`/api/${name}`]: {} } };
    const body =
      url === '/api/openapi.json' ? { ...document, components: { schemas: {} } } : { name };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
}

it('waits for each service, then passes requests on, and documents all', async () => {
  const [users, tickets] = [standIn('users'), standIn('tickets')];
  // One has its port already, and the other only takes it once it is missed.
  await once(users.listen(0, '127.0.0.1'), 'listening');
  await once(tickets.listen(0, '127.0.0.2'), 'listening');
  const portOf = (server: typeof users) => (server.address() as AddressInfo).port;
  const [usersPort, ticketsPort] = [portOf(users), portOf(tickets)];
  await new Promise((resolve) => tickets.close(resolve));

  const parts = `http://127.0.0.1:${usersPort}/api/users http://127.0.0.2:${ticketsPort}/api/tickets`;
  const main = join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, PORT: '0', OPERATIONS_PORT: '', API_PARTS: parts };
  const child = spawn(process.execPath, ['--conditions=@fairseat/source', main], { env });
  const exited = once(child, 'exit');
  const line = async (stream: NodeJS.ReadableStream, wanted: RegExp) => {
    for await (const line of createInterface({ input: stream })) {
      const [, found] = wanted.exec(line) ?? [];
      if (found) return found;
    }
    throw new Error(`${wanted} was not said`);
  };
  try {
    expect(await line(child.stderr, /waiting for (\S+?)"/)).toBe(`http://127.0.0.2:${ticketsPort}`);
    child.stderr.resume();
    await once(tickets.listen(ticketsPort, '127.0.0.2'), 'listening');
    const origin = await line(child.stdout, /is listening on (\S+)/);
    child.stdout.resume();
    const ask = async (path: string) =>
      (await (await fetch(origin + path)).json()) as { paths?: object };
    expect(await ask('/api/tickets/1')).toEqual({ name: 'tickets' });
    expect(Object.keys((await ask('/api/openapi.json')).paths ?? {})).toEqual([
      '/api/users',
      '/api/tickets',
    ]);
    expect(await ask('/api/none')).toMatchObject({ status: 404, code: 'not_found' });
  } finally {
    child.kill('SIGTERM');
    await exited;
    for (const server of [users, tickets]) server.close();
  }
  expect(child.exitCode).toBe(0);
});
