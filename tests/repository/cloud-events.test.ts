/** Events as listeners outside get them, held to the SDK of CloudEvents. */
import { type AnyEvent, toCloudEvent } from '@fairseat/common/events';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { CloudEvent } from 'cloudevents';
import { expect, it } from 'vitest';

it('all events of a purchase are CloudEvents with an absolute source, by the strict parse of its SDK', async () => {
  await using market = await TestMarketplace.open();
  const events: AnyEvent[] = [];
  market.platform.bus.watch((event) => events.push(event));
  const [seller, buyer] = await Promise.all([market.person(), market.person()]);
  const order = await buyer.holds((await seller.sells()).id);
  await buyer.pay(order.id);
  await buyer.post('/api/users/signout', {});
  await market.settled();
  expect(new Set(events.map(({ source }) => source)).size).toBe(4);
  for (const event of events) {
    const told = toCloudEvent({ ...event, tracestate: 'rojo=1' }, 'https://tickets.example');
    const parsed = new CloudEvent<object>(told, true);
    expect({ ...parsed.toJSON() }).toMatchObject({ ...told, data: event.data });
    expect(new URL(parsed.source).origin).toBe('https://tickets.example');
  }
});
