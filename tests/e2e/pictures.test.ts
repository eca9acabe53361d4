/**
 * Pictures of the main pages as a visitor of the demo sees them. `PICTURES=docs/pictures npm test -- pictures`
 * keeps them; without it they are only taken, which shows that no page is blank, shifts, or lacks a glyph.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { installFonts } from '@fairseat/servers/fonts';
import { beforeAll, describe, it } from 'vitest';
import { missingGlyphsOf, NO_GLYPH } from './glyphs.ts';
import { PAINTED, shiftsOf } from './shifts.ts';
import { expect, type Person, type Site, siteForAll } from './site.ts';

const folder = process.env['PICTURES'];
const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};
const NO_LESS_BYTES = 10_000;
/** Runs in the browser: also what is not on the screen, which a long picture shows. */
const RENDER_ALL = `
  for (const { style } of document.querySelectorAll('li')) style.contentVisibility = 'visible';
  ${PAINTED}`;
// Before the browser starts, which looks for fonts then.
beforeAll(() => installFonts());
const site = siteForAll({ flags: ['--demo'] });

async function demo(email: string, options: Parameters<Site['visitor']>[0]): Promise<Person> {
  const person = await site.visitor(options);
  await person.signsIn(email, 'fairseat-demo');
  return person;
}

async function ticketLike(person: Person, title: RegExp): Promise<string> {
  const page = await person.caller.send<{ tickets: TicketRecord[] }>(
    'GET',
    '/api/tickets?limit=100&available=true',
  );
  const found = page?.body.tickets.find((ticket) => title.test(ticket.title));
  if (!found) throw new Error(`The demo has no ${title}`);
  return found.id;
}

it('a sign that no font has is noticed', async () => {
  const visitor = await site.visitor();
  await visitor.page.setContent(`<p>é ${NO_GLYPH} ø</p>`);
  expect(await missingGlyphsOf(visitor)).toEqual([NO_GLYPH]);
});

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  describe.each(Object.entries(SIZES))('on a %s', (size, viewport) => {
    const options = { viewport, colorScheme, reducedMotion: 'reduce' } as const;

    async function keep(person: Person, name: string) {
      await person.page.evaluate('document.fonts.ready');
      expect(await shiftsOf(person), `${name} shifts`).toEqual([]);
      expect(await missingGlyphsOf(person), `${name} lacks glyphs`).toEqual([]);
      await person.page.evaluate(RENDER_ALL);
      // What stays at the lower edge of the screen would lie in the middle of the whole page.
      const hasBar = (await person.page.locator('.pay-bar').count()) > 0;
      const picture = await person.page.screenshot({ fullPage: size === 'phone' && !hasBar });
      expect(picture.length).toBeGreaterThan(NO_LESS_BYTES);
      if (!folder) return;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}-${size}-${colorScheme}.png`), picture);
    }

    it('the pages of a visitor', async () => {
      const visitor = await site.visitor(options);
      await visitor.goto('/');
      await keep(visitor, 'list');
      await visitor.goto('/auth/signup');
      await keep(visitor, 'sign-up');
      await visitor.goto('/nowhere');
      await keep(visitor, 'not-found');
      await visitor.page.context().close();
    });

    it('the pages of a buyer', async () => {
      const buyer = await demo('bea@example.com', options);
      const id = await ticketLike(buyer, /Paper Lanterns|Ocean Waves|Mahler|Bach/);
      await buyer.goto(`/tickets/${id}`);
      await keep(buyer, 'ticket');
      await buyer.button('Buy').click();
      const path = await buyer.atCheckout();
      await buyer.goto(path);
      await keep(buyer, 'checkout');
      await buyer.paysWith('Asks for confirmation');
      await expect(buyer.heading).toHaveText('Is this you?');
      await buyer.page.reload();
      await keep(buyer, 'bank');
      await buyer.button('Confirm payment').click();
      await expect(buyer.heading).toHaveText('The seat is yours');
      await buyer.goto(path);
      await keep(buyer, 'receipt');
      await buyer.goto('/orders');
      await keep(buyer, 'orders');
      await buyer.page.context().close();
    });

    it('the pages of a seller', async () => {
      const seller = await demo('sam@example.com', options);
      await seller.goto('/tickets/new');
      await keep(seller, 'sell');
      await seller.goto('/selling');
      await keep(seller, 'selling');
      await seller.page.context().close();
    });
  });
});
