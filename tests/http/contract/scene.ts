import type { AddressInfo } from 'node:net';
import { Line } from '@fairseat/test-support/line';
import { type Reply, TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';

export interface Scene {
  market: TestMarketplace;
  seller: Visitor;
  buyer: Visitor;
  stranger: Visitor;
  /** Where the market listens. */
  port: number;
  /** Nobody is signed in here. */
  nobody: Visitor;
}

/** Each route with every status that it may answer, and what it answers so to. */
export type Contract = Record<string, Record<number, (scene: Scene) => Promise<Reply<unknown>>>>;

export async function sceneOf(market: TestMarketplace): Promise<Scene> {
  const [seller, buyer, stranger] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  const { app } = market;
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { market, seller, buyer, stranger, port, nobody: market.visitor() };
}

/** What every route refuses, whatever it is for. */
export function refusedEverywhere(route: string): Contract[string] {
  const [method, path = ''] = route.split(' ') as ['GET' | 'POST' | 'PUT' | 'DELETE', string];
  const url = path.replaceAll(/\{\w+\}/g, NO_ID);
  const send = (by: Visitor, headers: Record<string, string>, body?: object) =>
    by.request(method, url, body, headers);
  return {
    400: ({ port }) => {
      const line = new Line(port);
      return line.write(`${method} ${url} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`).reply();
    },
    415: ({ buyer }) => send(buyer, { 'content-encoding': 'gzip' }),
    ...(method !== 'GET' && {
      403: ({ buyer }) => send(buyer, { origin: 'https://evil.example' }),
      413: ({ buyer }) => send(buyer, {}, { title: 'x'.repeat(2 ** 14) }),
    }),
  };
}

export const NO_ID = 'f'.repeat(32);

export const held = async ({ seller, buyer }: Scene) => buyer.holds((await seller.sells()).id);

export async function paid(scene: Scene, token = 'pm_card_visa') {
  const order = await held(scene);
  const charge = (await scene.buyer.pay(order.id, token)).body;
  await scene.market.settled();
  return { order, charge };
}

/** The answer of a marketplace with this limit. */
export async function limited(
  env: Record<string, string>,
  ask: (scene: Scene) => Promise<Reply<unknown>>,
): Promise<Reply<unknown>> {
  await using market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on', ...env } });
  return await ask(await sceneOf(market));
}
