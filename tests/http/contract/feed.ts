import { bearer, keyFor } from '@fairseat/test-support/feed-listener';
import { type Contract, limited } from './scene.ts';

export const feed: Contract = {
  'GET /api/feed': {
    200: async ({ market, seller }) => {
      await seller.sells();
      return seller.get('/api/feed?after=oldest', {
        ...bearer(await keyFor(market, 'ticket.*')),
        prefer: 'wait=5',
      });
    },
    400: async ({ market, nobody }) =>
      nobody.get('/api/feed?types=order.complete', bearer(await keyFor(market, '*'))),
    401: ({ buyer }) => buyer.get('/api/feed'),
    403: async ({ market, nobody }) =>
      nobody.get('/api/feed?types=order.*', bearer(await keyFor(market, 'ticket.*'))),
    410: async ({ market, nobody }) =>
      nobody.get('/api/feed?after=x-1', bearer(await keyFor(market, '*'))),
    429: () =>
      limited({ LISTENERS_PER_KEY: '1' }, async ({ market, nobody }) => {
        const headers = { ...bearer(await keyFor(market, '*')), prefer: 'wait=25' };
        // The one that is granted waits, so the race is won by the refusal.
        return await Promise.race([nobody, nobody].map((each) => each.get('/api/feed', headers)));
      }),
  },
};
