/** The ways by which strangers reach the services. */
import type { AddressInfo } from 'node:net';
import type { App } from '@fairseat/common/kit';
import { createRouter } from '@fairseat/front';
import { createServices } from '@fairseat/marketplace/services';
import type { Door } from '@fairseat/test-support/hostile';
import type { TestMarketplace } from '@fairseat/test-support/marketplace';

const addressOf = ({ server }: App) => {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address}:${port}`;
};

/** A router in front of a marketplace, and of an app for the pages where there is one. */
export async function openRouter(
  { app, config }: TestMarketplace,
  options: { requestTimeoutMs?: number; pages?: App } = {},
): Promise<App> {
  const { pages, ...timeout } = options;
  for (const each of pages ? [app, pages] : [app]) {
    await each.listen({ host: '127.0.0.1', port: 0 });
  }
  const publicOrigin = addressOf(app);
  const urlOf = (service: string) => addressOf(service === 'client' && pages ? pages : app);
  const fleet = { urlOf, isReady: true };
  const withPages = pages !== undefined;
  return createRouter(fleet, createServices(), { config, withPages, publicOrigin, ...timeout });
}

export const doors: [name: string, door: Door][] = [
  ['by themselves', ({ app }) => app],
  [
    'behind the router',
    (market, requestTimeoutMs) =>
      openRouter(market, { ...(requestTimeoutMs && { requestTimeoutMs }) }),
  ],
];
