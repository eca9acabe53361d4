/** More tabs than a browser has connections, in a network of one's own: plain HTTP, by a name. */
import type { BrowserContext, Request } from '@playwright/test';
import { describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const NAME = 'fairseat.test';
const site = siteForAll({ name: NAME });

/** How many streams a browser has, at most at the same time. */
function countStreams(context: BrowserContext) {
  const open = new Set<Request>();
  let most = 0;
  context.on('request', (request) => {
    if (!request.url().includes('/api/live')) return;
    open.add(request);
    most = Math.max(most, open.size);
  });
  const end = (request: Request) => open.delete(request);
  context.on('requestfinished', end);
  context.on('requestfailed', end);
  return () => most;
}

const words = 'amber birch cedar dahlia elder fennel gentian hazel iris juniper kale lilac'.split(
  ' ',
);

describe('a dozen tabs of one browser', () => {
  it('all load, and are kept up to date or say that they are not', async () => {
    const seller = await site.person();
    const ids: string[] = [];
    for (const word of words) {
      const titles = Array.from({ length: 20 }, (_, n) => `${word} ${n}`);
      const [ticket] = await Promise.all(titles.map((title) => seller.sells(title)));
      ids.push(ticket?.id ?? '');
    }
    const first = await site.visitor({ baseURL: site.url.replace('127.0.0.1', NAME) });
    const most = countStreams(first.page.context());
    const tabs: Person[] = [];
    for (const word of words) {
      const tab = tabs.length === 0 ? first : await first.tab();
      await tab.watches(`/?q=${word}`);
      tabs.push(tab);
    }
    expect(await first.page.evaluate('[isSecureContext, navigator.locks]')).toEqual([
      false,
      undefined,
    ]);
    expect(most()).toBeLessThanOrEqual(2);

    for (const [index, tab] of tabs.entries()) {
      const trouble = tab.page.getByText('Too many pages are open');
      await expect(trouble).toHaveCount(index < 2 ? 1 : 0);
    }
    await Promise.all(ids.map((id, index) => seller.edits(id, `${words[index]} anew`, 7770)));
    for (const tab of tabs.slice(2)) await expect(tab.main).toContainText('$77.70');
  });
});
