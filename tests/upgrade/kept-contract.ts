/** What the working tree must make of the data of a release, on any platform. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import type { Clock, TableDefinition } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { createMarketplace } from '@fairseat/marketplace';
import type { GatewayRecord } from '@fairseat/test-support/invariants';
import type { TestPlatform } from '@fairseat/test-support/marketplace';
import { describe, expect, it } from 'vitest';
import commits from '../../releases.json' with { type: 'json' };

export const releases = Object.keys(commits);

/** The answers that a release gave: see `make-fixture.ts`. */
interface Kept {
  /** The moment at which it stopped, in milliseconds since the epoch. */
  now: number;
  password: string;
  answers: { who: string; url: string; status: number; text: string }[];
}

/** A copy of its data. */
export interface Old extends AsyncDisposable {
  kept: Kept;
  open(clock: Clock): TestPlatform;
  /** By table, what is kept in it. */
  saved(): Promise<Record<string, unknown[]>>;
}

export const readKept = <T = object>(release: string, file: string): Kept & T =>
  JSON.parse(readFileSync(join(import.meta.dirname, release, file), 'utf8'));

type NextTicket = Omit<TicketRecord, 'status'> & { status: string; venue: string };

/** What the table of tickets might become: another index, a key, a field with a default, a status with another name. */
const nextTickets: TableDefinition<NextTicket> = {
  name: 'tickets',
  version: 2,
  upcast: (record) => {
    const { venue = 'not said', ...rest } = record as NextTicket;
    return { ...rest, venue, status: rest.status === 'available' ? 'for sale' : rest.status };
  },
  required: ['venue'],
  listed: true,
  unique: { number: ({ id }) => id },
  indexes: {
    price: ({ price }) => price,
    seller: ({ userId }) => userId,
    status: ({ status }) => (status === 'for sale' ? status : null),
  },
  text: ({ title }) => title,
};

const words: TableDefinition<TicketRecord> = {
  name: 'tickets',
  listed: true,
  indexes: { status: ({ status }) => (status === 'available' ? status : null) },
  text: ({ title }) => title,
};

/** Opens a copy whose clock goes on where the release stopped. */
export async function reopen(old: Old) {
  const { kept } = old;
  const time = createTestClock();
  const beganMs = kept.now - time.now();
  let isStill = false;
  const clock = { ...time, now: () => (isStill ? kept.now : beganMs + time.now()) };
  const opened: TestPlatform[] = [];
  const open = () => {
    const platform = old.open(clock);
    opened.push(platform);
    return platform;
  };
  const start = async () => {
    const platform = open();
    const config = readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
    const log = createLog(config.logLevel);
    const sessionKey = await createSessionKey();
    const market = await createMarketplace({ platform, config, log, sessionKey });
    await market.start();
    const cookies = new Map<string, string>();
    const ask = async (who: string, method: 'GET' | 'POST', url: string, payload?: object) => {
      const cookie = cookies.get(who);
      const headers = { ...(cookie && { cookie }), prefer: 'wait=5' };
      const request = { method, url: `/api/${url}`, headers, ...(payload && { payload }) };
      const reply = await market.app.inject(request);
      const [session] = reply.cookies;
      if (session) cookies.set(who, `${session.name}=${session.value}`);
      return reply;
    };
    for (const who of new Set(kept.answers.map((answer) => answer.who).filter(Boolean))) {
      const account = { email: `${who}@example.com`, password: kept.password };
      expect((await ask(who, 'POST', 'users/signin', account)).statusCode).toBe(200);
    }
    return { market, platform, ask };
  };
  /** Nothing falls due while the time stands still, however slow the machine is. */
  const stopTime = () => {
    isStill = true;
  };
  const dispose = async () => {
    for (const platform of opened) await platform.crash();
    await old[Symbol.asyncDispose]();
  };
  const saved = () => old.saved();
  return { ...kept, time, stopTime, start, open, saved, [Symbol.asyncDispose]: dispose };
}

/** Starts this version, at a time that stands still, and asks all that the release was asked. */
async function answersAsItDid(old: Awaited<ReturnType<typeof reopen>>) {
  old.stopTime();
  const { market, ask } = await old.start();
  for (const { who, url, status, text } of old.answers) {
    const { statusCode, body } = await ask(who, 'GET', url);
    expect({ url, status: statusCode, text: body }).toEqual({ url, status, text });
  }
  await market.stop();
}

/** Changes what the gateway has of the payment that waits for its buyer, as it may while nobody asks. */
async function changeAtGateway(platform: TestPlatform, change: object) {
  const table = platform.table<GatewayRecord>('test_gateway', { name: 'payments' });
  await platform.start();
  const { records } = await table.find({ limit: 100 });
  const payment = records.find(({ status }) => status === 'requires_action') as GatewayRecord;
  await table.replace(payment, { ...payment, ...change, version: payment.version + 1 });
  await platform.close();
}

/** What became of a payment that the release had begun, and how its order ends in time and too late. */
const UNSETTLED: [name: string, change: object, inTime: string, tooLate: string][] = [
  ['taken', { status: 'succeeded' }, 'completed', 'refunded'],
  ['held', { status: 'authorized', captureBefore: Number.MAX_SAFE_INTEGER }, 'completed', 'failed'],
  [
    'declined',
    { status: 'unconfirmed', decline: { code: 'no', message: 'No.' } },
    'failed',
    'failed',
  ],
  ['cancelled', { status: 'cancelled' }, 'failed', 'failed'],
];

export function keptContract(kind: string, openOld: (release: string) => Promise<Old>) {
  describe.each(releases)(`${kind} of %s`, (release) => {
    const openRelease = async () => reopen(await openOld(release));

    it('is found by the beginnings of words, and by no whole one that a title has lost', async () => {
      await using old = await openRelease();
      const platform = old.open();
      const table = platform.table<TicketRecord>('tickets', words);
      const { records } = await table.find({ limit: 100, where: { status: 'available' } });
      const first = records.find(({ title }) => /^\w{4}/.test(title)) as TicketRecord;
      const find = async (text: string) =>
        (await table.find({ words: text, limit: 100 })).records.map(({ id }) => id);
      expect(await find(first.title.slice(0, 3))).toContain(first.id);
      await table.replace(first, { ...first, version: first.version + 1, title: 'Renamed' });
      expect(await find(first.title)).not.toContain(first.id);
      expect(await find('rena')).toEqual([first.id]);
      await platform.close();
    });

    it('answers as it did, to the byte, and keeps every record and event as it is', async () => {
      await using old = await openRelease();
      const before = await old.saved();
      await answersAsItDid(old);
      expect(await old.saved()).toMatchObject(before);
    });

    it('is read by a next version, which finds all by what is new, and then by this one as before', async () => {
      await using old = await openRelease();
      const before = await old.saved();
      const next = old.open();
      const tickets = next.table('tickets', nextTickets);
      await next.start();
      const { records } = await tickets.find({ limit: 100 });
      expect(records).toHaveLength(before['tickets_tickets']?.length ?? 0);
      expect(records.every(({ venue }) => venue === 'not said')).toBe(true);
      const byPrice = await tickets.due('price', 99_999_999, 100);
      expect(byPrice.map(({ price }) => price)).toEqual(
        records.map(({ price }) => price).toSorted((a, b) => a - b),
      );
      const forSale = await tickets.find({ where: { status: 'for sale' }, limit: 100 });
      expect(forSale.records).toEqual(records.filter(({ status }) => status === 'for sale'));
      expect(forSale.records.length).toBeGreaterThan(0);
      const [one] = forSale.records as [NextTicket];
      expect(await tickets.getByKey('number', one.id)).toEqual(one);
      await next.close();

      await answersAsItDid(old);
      expect(await old.saved()).toMatchObject(before);
    });

    it.each(UNSETTLED)('settles a payment that was %s unheard', async (_, change, ...ends) => {
      for (const [late, end] of ends.entries()) {
        await using old = await openRelease();
        await changeAtGateway(old.open(), change);
        if (late) old.time.advance(3_600_000);
        const { market, platform, ask } = await old.start();
        const { orders } = (await ask('bea', 'GET', 'orders')).json<{ orders: OrderRecord[] }>();
        const { id } = orders.find(
          ({ ticket }) => ticket.title === 'Being confirmed',
        ) as OrderRecord;
        const look = async () => (await ask('bea', 'GET', `payments/${id}`)).json<ChargeRecord>();
        const isOver = async () => {
          old.time.advance(5000);
          await platform.settled();
          const charge = await look();
          return charge.stripeRefundId ? 'refunded' : charge.status;
        };
        await expect.poll(isOver, { timeout: 10_000 }).toBe(end);
        await platform.settled();
        const order = (await ask('bea', 'GET', `orders/${id}`)).json<OrderRecord>();
        expect(order.status).toBe(end === 'completed' ? 'completed' : 'cancelled');
        await market.stop();
      }
    });

    it('can be traded on: what is held is paid, and what is not expires', async () => {
      await using old = await openRelease();
      const { market, platform, ask } = await old.start();
      const orderOf = async (who: string, title: string) => {
        const { orders } = (await ask(who, 'GET', 'orders')).json<{ orders: OrderRecord[] }>();
        return orders.find(({ ticket }) => ticket.title === title) as OrderRecord;
      };
      const held = await orderOf('milo', 'Held');
      const payment = { orderId: held.id, token: 'pm_card_visa' };
      const charge = (await ask('milo', 'POST', 'payments', payment)).json<ChargeRecord>();
      expect(charge.status).toBe('completed');
      const { tickets } = (await ask('', 'GET', 'tickets?available=true')).json<{
        tickets: TicketRecord[];
      }>();
      const anew = tickets.find(({ title }) => title === 'Let go') as TicketRecord;
      const placed = await ask('bea', 'POST', 'orders', { ticketId: anew.id });
      expect(placed.json<OrderRecord>().status).toBe('awaiting_payment');
      await platform.settled();
      expect((await orderOf('milo', 'Held')).status).toBe('completed');

      old.time.advance(3_600_000);
      await platform.settled();
      expect((await orderOf('bea', 'Let go')).reason).toBe('expired');
      expect((await orderOf('bea', 'Being confirmed')).reason).toBe('expired');
      await market.stop();
    });
  });
}
