import { type Contract, held, limited, NO_ID } from './scene.ts';

const at = ({ id }: { id: string }) => `/api/tickets/${id}`;
const EDIT = { title: 'A better seat', price: 5990 };
/** A version that no ticket here reaches. */
const ANOTHER = { 'if-match': '"99"' };

export const tickets: Contract = {
  'GET /api/tickets': {
    200: async ({ seller, nobody }) => {
      await seller.sells();
      return nobody.get('/api/tickets?limit=1');
    },
    400: ({ nobody }) => nobody.get('/api/tickets?limit=0'),
    401: ({ nobody }) => nobody.get('/api/tickets?mine=true'),
  },
  'POST /api/tickets': {
    201: ({ seller }) => seller.list('A seat', 4990),
    400: ({ seller }) => seller.list('', 4990),
    401: ({ nobody }) => nobody.list('A seat', 4990),
    422: async ({ seller }) => {
      await seller.list('A seat', 4990, { 'idempotency-key': 'one' });
      return seller.list('A seat', 4991, { 'idempotency-key': 'one' });
    },
    429: () =>
      limited({ LISTINGS_PER_HOUR: '1' }, async ({ seller }) => {
        await seller.sells();
        return seller.list('A seat', 4990);
      }),
  },
  'GET /api/tickets/{id}': {
    200: async ({ seller, nobody }) => nobody.get(`/api/tickets/${(await seller.sells()).id}`),
    404: ({ nobody }) => nobody.get(`/api/tickets/${NO_ID}`),
  },
  'PUT /api/tickets/{id}': {
    200: async ({ seller }) => seller.edit((await seller.sells()).id, 'A better seat', 5990),
    400: async ({ seller }) => seller.edit((await seller.sells()).id, 'A better seat', 0),
    401: async ({ seller, nobody }) => nobody.edit((await seller.sells()).id, 'Mine', 1),
    403: async ({ seller, stranger }) => stranger.edit((await seller.sells()).id, 'Mine', 1),
    404: ({ seller }) => seller.edit(NO_ID, 'A seat', 4990),
    409: async (scene) => scene.seller.edit((await held(scene)).ticketId, 'A seat', 5990),
    412: async ({ seller }) => seller.request('PUT', at(await seller.sells()), EDIT, ANOTHER),
    429: () =>
      limited({ EDITS_PER_MINUTE: '1' }, async ({ seller }) => {
        const { id } = await seller.sells();
        await seller.edit(id, 'A better seat', 5990);
        return seller.edit(id, 'The best seat', 6990);
      }),
  },
  'DELETE /api/tickets/{id}': {
    204: async ({ seller }) => seller.withdraw((await seller.sells()).id),
    400: async ({ seller }) =>
      seller.request('DELETE', at(await seller.sells()), undefined, { 'if-match': '7' }),
    401: async ({ seller, nobody }) => nobody.withdraw((await seller.sells()).id),
    403: async ({ seller, stranger }) => stranger.withdraw((await seller.sells()).id),
    404: ({ seller }) => seller.withdraw(NO_ID),
    409: async (scene) => scene.seller.withdraw((await held(scene)).ticketId),
    412: async ({ seller }) =>
      seller.request('DELETE', at(await seller.sells()), undefined, ANOTHER),
  },
};
