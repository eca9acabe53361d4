import { type Reply, TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';

export interface Scene {
  market: TestMarketplace;
  seller: Visitor;
  buyer: Visitor;
  stranger: Visitor;
  /** Nobody is signed in here. */
  nobody: Visitor;
}

/** Each route with every status that it may answer, and what it answers so to. */
export type Contract = Record<string, Record<number, (scene: Scene) => Promise<Reply<unknown>>>>;

export async function sceneOf(market: TestMarketplace): Promise<Scene> {
  const [seller, buyer, stranger] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  return { market, seller, buyer, stranger, nobody: market.visitor() };
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
