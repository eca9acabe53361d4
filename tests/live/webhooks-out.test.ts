/** Webhooks that go out: to a receiver of the test, by the clock of the test. */
import { addEndpoint, beginAgain, endEndpoint, endpointsIn, rotateSecret } from '@fairseat/feed';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { answering, type Received, Receiver } from '@fairseat/test-support/receiver';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HOUR_MS = 60 * 60 * 1000;
let market: TestMarketplace;
let receiver: Receiver;

beforeEach(async () => {
  market = await TestMarketplace.open({
    env: { WEBHOOKS_TO_LOOPBACK: 'on', LOG_LEVEL: 'warn' },
  });
  receiver = await Receiver.open();
});
afterEach(async () => {
  await market[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const registry = () => market.platform.registry('feed');
const now = () => new Date(market.clock.now()).toISOString();
async function add(types: string, name = 'shop') {
  const secret = await addEndpoint(registry(), { name, url: receiver.url, types, now: now() });
  await expect.poll(() => progressOf(name)).toBeDefined();
  return secret ?? '';
}
const progressOf = async (name = 'shop') =>
  endpointsIn(await registry().list()).find(({ endpoint }) => endpoint.name === name)?.progress;
const verified = (secret: string, { body, headers }: Received) =>
  new Webhook(secret).verify(body, headers) as { id: string; subject: string };
/** Whether it is signed by this secret at whatever time. */
const isSigned = (secret: string, { body, headers }: Received) => {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  const signature = new Webhook(secret).sign(headers['webhook-id'] ?? '', sentAt, body);
  return headers['webhook-signature']?.split(' ').includes(signature);
};
const listSome = async (count: number) => {
  const seller = await market.person();
  const listed: string[] = [];
  for (let n = 0; n < count; n++) listed.push((await seller.sells(`Seat ${n}`)).id);
  return listed;
};
const subjectsOf = (received: Received[]) => received.map(({ body }) => JSON.parse(body).subject);
const told = (what: string) => market.logged.some((line) => line.includes(what));

describe('a webhook', () => {
  it('brings each event of its types once, in order and signed', async () => {
    const secret = await add('ticket.created');
    const listed = await listSome(20);
    const received = await receiver.until(20);
    expect(received.map((each) => verified(secret, each).subject)).toEqual(listed);
    for (const { headers, body } of received) {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(headers['webhook-id']).toBe(JSON.parse(body).id);
    }
    expect(() => verified(`${secret}aaaa`, received[0] as Received)).toThrow();
  });

  it('goes on where it was after a restart', async () => {
    await add('ticket.created');
    const first = await listSome(2);
    await receiver.until(2);
    // Before its answer has come, it would come again.
    const { newest } = await market.platform.eventLog().ends();
    await expect.poll(async () => (await progressOf())?.after).toBe(newest);
    await market.stop();
    await market.start();
    const second = await listSome(2);
    expect(subjectsOf(await receiver.until(4))).toEqual([...first, ...second]);
  });

  it('that fails is tried again, less and less often, and disabled after three days', async () => {
    await add('ticket.created');
    receiver.answer = answering(500);
    const [first] = await listSome(2);
    const waits: number[] = [];
    for (let tries = 1; (await progressOf())?.disabledAt === undefined; tries++) {
      await receiver.until(tries);
      await expect.poll(async () => (await progressOf())?.failures).toBe(tries);
      const { nextAt, reason, disabledAt } = (await progressOf()) ?? {};
      expect(reason).toBe('answered 500');
      if (disabledAt) break;
      const waitMs = Date.parse(nextAt ?? '') - market.clock.now();
      waits.push(Math.ceil(waitMs / 1000));
      market.clock.advance(waitMs);
    }
    const [fiveSeconds, ...others] = waits;
    expect(fiveSeconds).toBeLessThanOrEqual(5);
    expect(others.map((seconds) => Math.ceil(seconds / 60))).toEqual([
      5, 30, 120, 300, 600, 840, 1200, 1440,
    ]);
    expect(new Set(subjectsOf(receiver.received))).toEqual(new Set([first]));
    expect(told('a webhook has failed for too long')).toBe(true);

    const tries = receiver.received.length;
    receiver.answer = answering(200);
    market.clock.advance(100 * HOUR_MS);
    const later = await listSome(1);
    await market.settled();
    expect(receiver.received).toHaveLength(tries);
    expect(await beginAgain(registry(), 'shop', 'here', now())).toBe(true);
    const received = await receiver.until(tries + 3);
    expect(subjectsOf(received.slice(tries))).toEqual([first, expect.anything(), ...later]);
    await expect.poll(async () => (await progressOf())?.failures).toBe(0);
  });

  it('that its receiver wants no more is disabled at once', async () => {
    await add('ticket.created');
    receiver.answer = answering(410);
    await listSome(1);
    await expect.poll(async () => (await progressOf())?.disabledAt).toBeDefined();
  });

  it('holds up no other', async () => {
    const other = await Receiver.open();
    await add('ticket.created');
    receiver.answer = () => {};
    const own = { name: 'other', url: other.url, types: 'ticket.created', now: now() };
    await addEndpoint(registry(), own);
    await expect.poll(() => progressOf('other')).toBeDefined();
    const listed = await listSome(3);
    expect(subjectsOf(await other.until(3))).toEqual(listed);
    expect(receiver.received).toHaveLength(1);
    await other[Symbol.asyncDispose]();
  });

  it('is signed by both secrets for a day after they were rotated', async () => {
    const before = await add('ticket.created');
    const after = (await rotateSecret(registry(), 'shop', now())) ?? '';
    await listSome(1);
    const [first] = await receiver.until(1);
    expect(isSigned(before, first as Received) && isSigned(after, first as Received)).toBe(true);
    market.clock.advance(25 * HOUR_MS);
    await listSome(1);
    const [, second] = await receiver.until(2);
    expect([before, after].map((secret) => isSigned(secret, second as Received))).toEqual([
      false,
      true,
    ]);
  });

  it('brings events again from behind a cursor, until it is ended', async () => {
    const listed = await listSome(3);
    await expect
      .poll(
        async () =>
          (
            await market.platform
              .eventLog()
              .read((await market.platform.eventLog().ends()).oldest, 9)
          ).length,
      )
      .toBe(3);
    await add('ticket.created');
    expect(receiver.received).toEqual([]);
    await beginAgain(registry(), 'shop', 'oldest', now());
    expect(subjectsOf(await receiver.until(3))).toEqual(listed);
    const log = market.platform.eventLog();
    const [, second] = await log.read((await log.ends()).oldest, 9);
    await beginAgain(registry(), 'shop', second?.cursor ?? '', now());
    expect(subjectsOf(await receiver.until(4)).at(-1)).toBe(listed[2]);
    await beginAgain(registry(), 'shop', 'gone-1', now());
    expect(subjectsOf((await receiver.until(7)).slice(4))).toEqual(listed);
    expect(told('events for a webhook are no longer kept')).toBe(true);
    expect(await endEndpoint(registry(), 'shop')).toBe(true);
    expect(await beginAgain(registry(), 'shop', 'oldest', now())).toBe(false);
    expect(await progressOf()).toBeUndefined();
  });
});
