import { type Contract, held, NO_ID, paid } from './scene.ts';

export const orders: Contract = {
  'POST /api/orders': {
    201: async ({ seller, buyer }) => buyer.order((await seller.sells()).id, { prefer: 'wait=10' }),
    400: ({ buyer }) => buyer.order('no-id'),
    401: async ({ seller, nobody }) => nobody.order((await seller.sells()).id),
    403: async ({ seller }) => seller.order((await seller.sells()).id),
    404: ({ market, buyer }) => market.hurried(buyer.order(NO_ID)),
    409: async (scene) => scene.stranger.order((await held(scene)).ticketId),
    422: async ({ seller, buyer }) => {
      await buyer.order((await seller.sells()).id, { 'idempotency-key': 'one' });
      return buyer.order((await seller.sells()).id, { 'idempotency-key': 'one' });
    },
  },
  'GET /api/orders': {
    200: async (scene) => {
      await held(scene);
      return scene.buyer.get('/api/orders');
    },
    400: ({ buyer }) => buyer.get('/api/orders?limit=101'),
    401: ({ nobody }) => nobody.get('/api/orders'),
  },
  'GET /api/orders/{id}': {
    200: async (scene) => scene.buyer.get(`/api/orders/${(await held(scene)).id}`),
    401: async (scene) => scene.nobody.get(`/api/orders/${(await held(scene)).id}`),
    403: async (scene) => scene.seller.get(`/api/orders/${(await held(scene)).id}`),
    404: ({ buyer }) => buyer.get(`/api/orders/${NO_ID}`),
  },
  'DELETE /api/orders/{id}': {
    204: async (scene) => scene.buyer.cancel((await held(scene)).id),
    401: async (scene) => scene.nobody.cancel((await held(scene)).id),
    403: async (scene) => scene.seller.cancel((await held(scene)).id),
    404: ({ buyer }) => buyer.cancel(NO_ID),
    409: async (scene) => scene.buyer.cancel((await paid(scene)).order.id),
  },
};
