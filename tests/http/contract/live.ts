import { TestMarketplace } from '@fairseat/test-support/marketplace';
import type { Contract } from './scene.ts';

export const live: Contract = {
  'GET /api/live': {
    200: async ({ buyer }) => {
      const stream = buyer.get('/api/live');
      await buyer.post('/api/users/signout', {});
      return stream;
    },
    400: ({ nobody }) => nobody.get('/api/live?tickets=no-id'),
    429: async () => {
      await using market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on' } });
      const buyer = await market.person();
      // Streams that are granted never end, so the race is won by the refusal.
      return await Promise.race(Array.from({ length: 11 }, () => buyer.get('/api/live')));
    },
  },
};
