/** On a phone, and with text twice as large, one can pay wherever the page is scrolled to, and nothing is covered. */
import { describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
const PHONE = { viewport: { width: 375, height: 667 } };

/** Whether nothing lies on the element, nor is any of it off the screen. */
const IN_REACH = `(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const points = [[left + 1, top + 1], [right - 1, bottom - 1], [(left + right) / 2, (top + bottom) / 2]];
  return points.every(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit !== null && (element.contains(hit) || hit.contains(element));
  });
}`;
const isInReach = ({ page }: Person, selector: string) =>
  page.evaluate<boolean>(`(${IN_REACH})(document.querySelector('${selector}'))`);

/** What takes the focus at the lower edge of the screen, under the bar, and stays there. */
const covered = ({ page }: Person) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('a, button, input:not([type=hidden])')]
    .filter((element) => !element.closest('.pay-bar, .skip'))
    .filter((element) => {
      document.activeElement.blur();
      scrollTo(0, 0);
      scrollBy(0, element.getBoundingClientRect().bottom - innerHeight + 2);
      element.focus();
      return !(${IN_REACH})(element);
    })
    .map((element) => element.outerHTML)`);

describe.each(['100%', '200%'])('with text of %s', (size) => {
  it('the way to pay and the time left are always in reach, and cover nothing for good', async () => {
    const ticket = await (await site.person()).sells('Small screen, row 3');
    const buyer = await site.person(PHONE);
    const reaches = async (name: string) => {
      await buyer.page.evaluate(`document.documentElement.style.fontSize = '${size}'`);
      for (const place of ['0', 'document.body.scrollHeight / 2', 'document.body.scrollHeight']) {
        await buyer.page.evaluate(`scrollTo(0, ${place})`);
        expect(await isInReach(buyer, '.pay-bar .button'), `${name} at ${place}`).toBe(true);
        expect(await isInReach(buyer, '.pay-bar-time'), `time at ${place}`).toBe(true);
      }
      expect(await isInReach(buyer, 'footer p:last-child')).toBe(true);
      expect(await covered(buyer)).toEqual([]);
    };
    await buyer.buys(ticket.id);
    await expect(buyer.page.locator('.pay-bar-time')).toHaveText(/1[45]:\d\d/);
    await reaches('Pay');
    await buyer.page.context().setOffline(true);
    await expect(buyer.page.getByText('No live updates right now')).toBeVisible();
    expect(await isInReach(buyer, '.live-lost')).toBe(true);
    expect(await isInReach(buyer, '.pay-bar .button')).toBe(true);
    await buyer.page.context().setOffline(false);
    await buyer.paysWith('Asks for confirmation');
    await expect(buyer.heading).toHaveText('Is this you?');
    await reaches('Confirm');
    await buyer.button('Refuse').click();
    await expect(buyer.main).toContainText('you were not charged');
    await expect(buyer.page.locator('.pay-bar')).toHaveCount(0);
    site.complaints.length = 0;
  });
});
