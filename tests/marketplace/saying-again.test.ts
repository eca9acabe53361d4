/** Records whose events the bus has lost. */
import { saying } from '@fairseat/test-support/disturbances';
import { changed } from '@fairseat/test-support/interleaving';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { expect, it } from 'vitest';

/** More than two pages. */
const MANY = 120;

it('says every record again, once, however many there are', async () => {
  const sayAgain = new Map<string, () => Promise<void>>();
  await using market = await TestMarketplace.open({
    wrap: (platform) => ({
      ...platform,
      bus: changed(platform.bus, {
        onLoss(service, say) {
          sayAgain.set(service, say);
          platform.bus.onLoss(service, say);
        },
      }),
    }),
  });
  const [seller] = (await market.people(1)) as [Visitor];
  const ids = new Set<string>();
  for (let n = 1; n <= MANY; n++) ids.add((await seller.sells(`Seat ${n}`, n)).id);
  await market.settled();
  const { said } = saying(market, 'ticket.updated');
  await sayAgain.get('tickets')?.();
  await market.settled();
  await expect.poll(() => new Set(said.map(({ subject }) => subject))).toEqual(ids);
  expect(said).toHaveLength(MANY);
  expect(said.every(({ version }) => version === 2)).toBe(true);
});
