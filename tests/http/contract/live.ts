import { text } from 'node:stream/consumers';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import type { Contract } from './scene.ts';

export const live: Contract = {
  'GET /api/live': {
    200: async ({ market, buyer }) => {
      const response = await market.app.inject({
        ...{ method: 'GET', url: '/api/live', headers: { cookie: buyer.cookie ?? '' } },
        payloadAsStream: true,
      });
      // Only once it is open does the end of the session end it: before, it would be a stranger's, which nobody ends.
      await buyer.post('/api/users/signout', {});
      const { statusCode: status, headers } = response;
      return { status, headers, body: await text(response.stream()) };
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
