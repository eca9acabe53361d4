import { TestMarketplace } from '@fairseat/test-support/marketplace';
import type { Contract } from './scene.ts';

const signUp = { email: 'Someone@example.com', password: 'correct horse' };

async function flooded(path: 'signin' | 'signup', body: object) {
  await using market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on' } });
  const visitor = market.visitor();
  let reply = await visitor.post(`/api/users/${path}`, body);
  while (reply.status !== 429) reply = await visitor.post(`/api/users/${path}`, body);
  return reply;
}

export const users: Contract = {
  'POST /api/users/signup': {
    201: ({ nobody }) => nobody.post('/api/users/signup', signUp),
    400: ({ nobody }) => nobody.post('/api/users/signup', { ...signUp, password: 'short' }),
    409: async ({ nobody, market }) => {
      await market.person('taken@example.com');
      return nobody.post('/api/users/signup', { ...signUp, email: 'taken@example.com' });
    },
    429: () => flooded('signup', signUp),
  },
  'POST /api/users/signin': {
    200: async ({ nobody, market }) => {
      await market.person('known@example.com');
      return nobody.post('/api/users/signin', { ...signUp, email: 'known@example.com' });
    },
    400: ({ nobody }) => nobody.post('/api/users/signin', { ...signUp, password: 'wrong' }),
    429: () => flooded('signin', signUp),
  },
  'POST /api/users/signout': {
    200: ({ buyer }) => buyer.post('/api/users/signout', {}),
    400: ({ buyer }) => buyer.post('/api/users/signout', { everywhere: true }),
  },
  'POST /api/users/signout-everywhere': {
    200: ({ buyer }) => buyer.post('/api/users/signout-everywhere', {}),
    400: ({ buyer }) => buyer.post('/api/users/signout-everywhere', { now: true }),
    401: ({ nobody }) => nobody.post('/api/users/signout-everywhere', {}),
  },
  'GET /api/users/currentuser': {
    200: ({ buyer }) => buyer.get('/api/users/currentuser'),
  },
};
