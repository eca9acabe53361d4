/** Tickets to reserve and buyers to reserve them, and the requests they make. */
import { randomBytes } from 'node:crypto';
import { once as eventOf } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionSigner } from '@fairseat/common/kit';
import { type Answer, once, request } from './http.ts';
import type { Load } from './load.ts';
import { newFolder, run, type Server, tree } from './server.ts';

export interface Market {
  dataDir: string;
  /** Holds all of `ticketIds`, one a line. */
  idsFile: string;
  /** In random order: all, or a sample of the requested size. */
  ticketIds: string[];
}

/** A data folder with `count` tickets, filled by the version whose sources are in the folder `by`. */
export async function fillMarket(count: number, sample = count, by = tree): Promise<Market> {
  const dataDir = newFolder();
  const idsFile = `${dataDir}.ids`;
  const child = run(
    new URL('bench/fill.ts', by),
    [dataDir, String(count), idsFile, String(sample)],
    {},
  );
  const [code] = await eventOf(child, 'exit');
  if (code !== 0) throw new Error('the tables could not be filled');
  return { dataDir, idsFile, ticketIds: readFileSync(idsFile, 'utf8').split('\n') };
}

const BUYERS = 8;

/** The session cookies of a few new users. Limits are off, so that a buyer may hold many tickets. */
export async function signUpBuyers(port: number): Promise<string[]> {
  const cookies: string[] = [];
  for (let buyer = 0; buyer < BUYERS; buyer++) {
    const body = { email: `buyer${buyer}@example.com`, password: 'correct horse' };
    const { head } = await once(port, request('POST', '/api/users/signup', { body }), 201);
    cookies.push(/set-cookie: (session=[^;]+)/i.exec(head)?.[1] ?? '');
  }
  return cookies;
}

/** Users who need no account, with session cookies signed with the key of the folder. */
export async function signInBuyers(dataDir: string, count: number) {
  const key = JSON.parse(readFileSync(join(dataDir, 'session-key.json'), 'utf8'));
  const sign = await createSessionSigner(key, Date);
  const id = () => randomBytes(16).toString('hex');
  const signedIn = async (userId: string) => ({
    userId,
    cookie: `session=${await sign(userId, id())}`,
  });
  return Promise.all(Array.from({ length: count }, () => signedIn(id())));
}

/** The answer comes once the ticket is held, or without `wait` as soon as the order is accepted. */
export const reserve = (ticketId: string, cookie: string, wait = true) =>
  request('POST', '/api/orders', {
    cookie,
    ...(wait && { headers: { prefer: 'wait=10' } }),
    body: { ticketId },
  });

export const isHeld = ({ status, body }: Answer) =>
  status === 201 && body.includes('"status":"awaiting_payment"');

export const isAccepted = ({ status }: Answer) => status === 201;
export const isOk = ({ status }: Answer) => status === 200;

/** Gives each request once. All are built beforehand, so that the load generator has little left to do. */
export function supply(wires: string[]) {
  let used = 0;
  return {
    next: () => wires[used++],
    get left() {
      return Math.max(0, wires.length - used);
    },
  };
}

/** Gives the same requests again and again. */
export function cycle(wires: string[]) {
  let used = 0;
  return () => wires[used++ % wires.length];
}

export const reservations = (ticketIds: string[], cookies: string[], wait = true) =>
  ticketIds.map((id, index) => reserve(id, cookies[index % cookies.length] as string, wait));

export const CONNECTIONS = 64;

/** The load of a server with the requests of `next`. Unless `isRight` says otherwise, each must win a hold. */
export const loadOn = (
  { port }: Server,
  next: Load['next'],
  options: Partial<Load> = {},
): Load => ({ port, connections: CONNECTIONS, next, isRight: isHeld, ...options });
