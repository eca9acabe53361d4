/** The client in a process of its own, in front of an API elsewhere. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@fairseat/client';

const client = await createClient({
  apiOrigin: process.env['API_ORIGIN'] ?? '',
  currency: 'usd',
  onError: (error) => process.stderr.write(`${error}\n`),
});
const server = createServer((request, response) => {
  client.handle(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
