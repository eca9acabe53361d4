/** Nothing moves while a page arrives, however slow the network. */
import { EventEmitter, once } from 'node:events';
import { request as ask, createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { PAINTED, shiftsOf } from './shifts.ts';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();

/** A proxy that forwards everything but pages, which it emits for the test to send. */
const pages = new EventEmitter<{ page: [ServerResponse, string] }>();
const slow = createServer(({ url = '', headers }, response) => {
  ask(site.url + url, { headers: { ...headers, 'accept-encoding': 'identity' } }, (answer) => {
    const { 'transfer-encoding': _, ...described } = answer.headers;
    response.writeHead(answer.statusCode ?? 500, described);
    if (!described['content-type']?.startsWith('text/html')) return void answer.pipe(response);
    text(answer).then(
      (page) => pages.emit('page', response, page),
      () => response.destroy(),
    );
  }).end();
});
let baseURL = '';
beforeAll(async () => {
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  baseURL = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
});
afterAll(() => slow.close().closeAllConnections());

/** Opens a page that arrives tag by tag, each after the previous one has been painted. */
async function arrives({ page }: Person, path: string) {
  const arriving = once(pages, 'page');
  const began = page.goto(path, { waitUntil: 'commit' });
  const [response, html] = (await arriving) as [ServerResponse, string];
  const body = html.indexOf('<body');
  const end = html.indexOf('<script', body);
  response.write(html.slice(0, body));
  await began;
  for (const tag of html.slice(body, end).split(/(?=<)/)) {
    response.write(tag);
    await page.evaluate(PAINTED);
  }
  response.end(html.slice(end));
  await page.waitForLoadState();
}

describe.each([320, 1280])('on a screen %i pixels wide, nothing moves while', (width) => {
  let person: Person;
  let paths: Record<string, string>;
  beforeAll(async () => {
    const seller = await site.person();
    person = await site.person({ baseURL, viewport: { width, height: 700 } });
    const sold = async (title: string) => (await seller.sells(title)).id;
    const ticket = await sold('Looked at');
    const held = await person.holds(await sold('Held'));
    const paid = await person.holds(await sold('Paid'));
    await person.pays(paid.id);
    paths = {
      'the list': '/',
      'an empty search': '/?q=nothing-of-this-name',
      'a ticket': `/tickets/${ticket}`,
      'the checkout': `/orders/${held.id}`,
      'a receipt': `/orders/${paid.id}`,
    };
  });

  it.each(['the list', 'an empty search', 'a ticket', 'the checkout', 'a receipt'])(
    '%s arrives',
    async (name) => {
      await arrives(person, paths[name] ?? '');
      expect(await shiftsOf(person)).toEqual([]);
    },
  );
});
