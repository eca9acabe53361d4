/** What `npm run events` tells people: of all events, of one, and of what happened to an order. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AnyEvent, eventTypes } from '@fairseat/common/events';
import { createServices } from '@fairseat/marketplace/services';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { describe, expect, it } from 'vitest';
import { story } from '../../scripts/events/story.ts';
import { list, tell } from '../../scripts/events/tell.ts';
import { asPicture, asText } from '../../scripts/events/tell-story.ts';

const root = join(import.meta.dirname, '../..');
const services = createServices();

const command = (...args: string[]) =>
  promisify(execFile)(
    process.execPath,
    ['--conditions=@fairseat/source', 'scripts/events/main.ts', ...args],
    { cwd: root, env: { ...process.env, NATS_URL: undefined, DATA_DIR: join(root, 'nowhere') } },
  ).then(
    ({ stdout }) => ({ code: 0, told: stdout }),
    ({ code, stdout, stderr }) => ({ code, told: stdout + stderr }),
  );

describe('the list of events', () => {
  it('has each with its publisher and all who hear it', () => {
    const lines = list(services);
    expect(lines).toHaveLength(eventTypes().length);
    const told = lines.map((line) => line.replaceAll(/ +/g, ' '));
    expect(told).toContain('order.cancelled orders → tickets, expiration, payments');
    expect(told).toContain('session.ended auth → auth, tickets, orders, payments, live');
    expect(told).toContain('charge.disputed payments → nobody');
  });
});

describe('an event', () => {
  it('is told with who hears it and what it has', () => {
    const { lines, isKnown } = tell('ticket.refused', services, () => ['notes it', 'goes on']);
    expect(isKnown).toBe(true);
    const text = lines.join('\n');
    expect(text).toMatch(
      /published by +tickets\n +heard by +orders +notes it; goes on\n +subject +data\.id/,
    );
    expect(text).toMatch(/ {4}orderId +string or null/);
    expect(text).toMatch(/ {6}reason +"reserved" \| "sold"/);
  });

  it.each([
    ['order.canceled', 'order.cancelled'],
    ['ticket.sell', 'ticket.sold'],
    ['Order.Created', 'order.created'],
    ['charge.dispute', 'charge.disputed'],
  ])('called %s is none, and %s is suggested', (type, meant) => {
    const { lines, isKnown } = tell(type, services, () => []);
    expect(isKnown).toBe(false);
    expect(lines[0]).toBe(`There is no event ${type}. Did you mean ${meant}?`);
  });
});

describe('the command', () => {
  it.each([
    [['order.canceled'], /^There is no event order\.canceled\. Did you mean order\.cancelled\?/],
    [['--story', 'abc'], /^abc: expected the id of an order/],
    [['--story', 'a'.repeat(32)], /nowhere has no data of Fairseat\.$/],
    [['--stories'], /^Unknown option '--stories'\. See npm run events -- --help/],
  ])('refuses %j in words', async (args, words) => {
    const { code, told } = await command(...args);
    expect({ code, told: told.trim() }).toEqual({ code: 1, told: expect.stringMatching(words) });
  });
});

describe('the story of an order', () => {
  async function purchase() {
    await using market = await TestMarketplace.open();
    const log: AnyEvent[] = [];
    market.platform.bus.watch((event) => log.push(event));
    const [seller, buyer] = await Promise.all([market.person(), market.person()]);
    const order = await buyer.holds((await seller.sells('Row; note over x', 4990)).id);
    await market.settled();
    const held = story(log, market.clock.now(), order.id);
    const forgotten = story(log, Date.parse(order.expiresAt) + 60_000, order.id);
    await buyer.pay(order.id);
    await market.settled();
    return { held, forgotten, paid: story(log, market.clock.now(), order.id) };
  }

  it('is told as lines and as a picture, with what is missing', async () => {
    const { held, forgotten, paid } = await purchase();
    const typesIn = (text: string[]) => text.join('\n').match(/(order|ticket|charge)\.[a-z_]+/g);
    const way = ['order.created', 'ticket.reserved', 'order.awaiting_payment'];
    expect(typesIn(asText(held).slice(1))).toEqual(way);
    expect(asText(held).at(-1)).toBe('Nothing is missing.');
    const lines = asText(forgotten);
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(/^Missing: expiration\.elapsed from expiration, due since 2/),
      expect.stringMatching(/^Missing: order\.cancelled from orders, due since 2/),
    ]);
    expect(asPicture(forgotten, services).at(-1)).toBe(
      '  Note over orders: missing order.cancelled',
    );
    expect(asText(paid)[0]).toMatch(/completed, ticket [0-9a-f]{32} \(sold\) at 4990/);
    expect(asPicture(paid, services)).toEqual([
      'sequenceDiagram',
      '  orders--)tickets: order.created',
      '  orders--)expiration: order.created',
      '  tickets--)orders: ticket.reserved',
      '  orders--)payments: order.awaiting_payment',
      '  payments--)orders: charge.authorized: 4990 usd',
      '  orders--)payments: order.secured',
      '  payments--)orders: charge.completed: 4990 usd',
      '  orders--)tickets: order.completed',
      '  orders--)expiration: order.completed',
      '  orders--)payments: order.completed',
      '  tickets--)orders: ticket.sold',
    ]);
  });
});
