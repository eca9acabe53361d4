/** Times are the visitor's, and the time left is the server's. */
import { describe, it } from 'vitest';
import { shiftsOf } from './shifts.ts';
import { expect, siteForAll } from './site.ts';

const site = siteForAll();

/** A purchase, and how its time is written in a zone. */
async function bought(options: Parameters<typeof site.person>[0]) {
  const [seller, buyer] = [await site.person(), await site.person(options)];
  const order = await buyer.holds((await seller.sells()).id);
  await buyer.pays(order.id);
  const style = { dateStyle: 'long', timeStyle: 'short' } as const;
  const timeIn = (timeZone: string) =>
    new Intl.DateTimeFormat('en-US', { ...style, timeZone }).format(new Date(order.createdAt));
  return { buyer, path: `/orders/${order.id}`, timeIn };
}

describe('the time of a receipt', () => {
  const viewport = { width: 320, height: 700 };

  it('is that of the buyer’s zone, which is named, and moves nothing', async () => {
    const timeZone = 'Pacific/Kiritimati';
    const { buyer, path, timeIn } = await bought({ timezoneId: timeZone, viewport });
    await buyer.goto(path);
    await expect(buyer.page.locator('time')).toHaveText(`${timeIn(timeZone)} GMT+14`);
    expect(await shiftsOf(buyer)).toEqual([]);
  });

  it('is in UTC where scripts do not run', async () => {
    const options = { timezoneId: 'Asia/Tokyo', javaScriptEnabled: false };
    const { buyer, path, timeIn } = await bought(options);
    await buyer.goto(path);
    await expect(buyer.page.locator('time')).toHaveText(`${timeIn('UTC')} UTC`);
  });
});

describe('the time left', () => {
  it('is right at once after the machine slept, and then what the server says', async () => {
    const buyer = await site.person();
    const order = await buyer.holds((await (await site.person()).sells()).id);
    // Only the visitor's clock goes on in sleep.
    await buyer.page.addInitScript(`
      const { now } = Date;
      let sleptMs = 0;
      Date.now = () => now.call(Date) + sleptMs;
      window.sleep = (ms) => { sleptMs += ms; };
    `);
    await buyer.watches(`/orders/${order.id}`);
    const timer = buyer.page.getByRole('timer');
    await expect(timer).toContainText(/14:\d\d/);
    await buyer.page.context().setOffline(true);
    await buyer.page.evaluate('sleep(600_000)');
    await expect(timer).toContainText(/0[34]:\d\d/);
    await buyer.page.evaluate('sleep(600_000)');
    await expect(buyer.main).toContainText('Your hold has ended');
    await buyer.page.context().setOffline(false);
    await expect(timer).toContainText(/14:\d\d/);
  });
});
