/** For tests: Stripe's own check of requests, which keeps no state. */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@fairseat/servers';
import { stripeMock } from '@fairseat/servers/stripe-mock';
import { type OwnServer, startServer } from './own-server.ts';

/** Resolves once it answers, over HTTP on 127.0.0.1. It takes any key that begins with `sk_test_`. */
export async function startStripeMock(): Promise<OwnServer & { port: number }> {
  const { program } = await stripeMock();
  const port = await freePort(0);
  const server = startServer(program, ['-http-addr', `127.0.0.1:${port}`]);
  while (!(await listens(port))) await pause(20);
  return { ...server, port };
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
