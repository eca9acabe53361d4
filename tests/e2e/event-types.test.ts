/** The catalogue of events in the product: found, read and linked to, with and without scripts. */
import { describe, it } from 'vitest';
import catalogue from '../../client/app/docs/event-types/catalogue.json' with { type: 'json' };
import { expect, siteForAll } from './site.ts';

const site = siteForAll();

describe('the event types', () => {
  it('are linked from the page of the API, which follows the light', async () => {
    const { page } = await site.visitor({ colorScheme: 'dark' });
    await page.goto(`${site.url}/docs/`);
    await expect(page.locator('html.dark-mode')).toBeAttached();
    await expect(page.getByText('9007199254740991')).toHaveCount(0);
    const link = page.getByRole('link', { name: 'event types' });
    await page.goto((await link.getAttribute('href')) ?? '');
    for (const { type } of catalogue.events) {
      await expect(page.locator(`[id="${type}"]`)).toBeAttached();
    }
    await expect(page.getByRole('heading', { name: 'A purchase', exact: true })).toBeVisible();
  });

  it('are found by what they carry, without scripts too', async () => {
    const { page } = await site.visitor({ javaScriptEnabled: false });
    await page.goto(`${site.url}/docs/event-types`);
    await page.getByLabel('Search').fill('Stripe refund_failed');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect(page.getByRole('heading', { name: 'charge.refund_failed' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'ticket.created' })).toHaveCount(0);
    await page.getByLabel('Search').fill('nothing of this name');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect(page.getByText('No event has all of that')).toBeVisible();
    await page.getByRole('link', { name: 'Show all', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'ticket.created' })).toBeVisible();
  });
});
