import { addressOf } from '@fairseat/common/contracts/charge';
import type { Visitor } from '@fairseat/test-support/marketplace';
import { expect } from 'vitest';
import { type Contract, held, limited, NO_ID, paid, type Scene } from './scene.ts';

const settle = (by: Visitor, orderId: string) => by.post(`/api/payments/${orderId}/settle`, {});
const asked = (scene: Scene) => paid(scene, 'pm_card_authenticationRequired');

export const payments: Contract = {
  'POST /api/payments': {
    201: async (scene) => scene.buyer.pay((await held(scene)).id),
    400: async (scene) => scene.buyer.pay((await held(scene)).id, 'pm_card_unheardOf'),
    401: async (scene) => scene.nobody.pay((await held(scene)).id),
    402: async (scene) => scene.buyer.pay((await held(scene)).id, 'pm_card_chargeDeclined'),
    403: async (scene) => scene.stranger.pay((await held(scene)).id),
    404: ({ market, buyer }) => market.hurried(buyer.pay(NO_ID)),
    409: async (scene) => scene.buyer.pay((await paid(scene)).order.id),
    422: async (scene) => {
      const key = { 'idempotency-key': 'one' };
      const { id } = await held(scene);
      await scene.buyer.pay(id, 'pm_card_visa', key);
      return scene.buyer.pay(id, 'pm_card_mastercard', key);
    },
    429: () =>
      limited({ DECLINES_PER_ORDER: '1' }, async (scene) => {
        const { id } = await held(scene);
        await scene.buyer.pay(id, 'pm_card_unheardOf');
        return scene.buyer.pay(id);
      }),
  },
  'GET /api/payments/options': {
    200: ({ nobody }) => nobody.get('/api/payments/options?price=4990'),
    400: ({ nobody }) => nobody.get('/api/payments/options?price=cheap'),
  },
  'GET /api/payments/{orderId}': {
    200: async (scene) => scene.buyer.get(`/api/payments/${(await paid(scene)).order.id}`),
    401: async (scene) => scene.nobody.get(`/api/payments/${(await paid(scene)).order.id}`),
    403: async (scene) => scene.seller.get(`/api/payments/${(await paid(scene)).order.id}`),
    404: async (scene) => scene.buyer.get(`/api/payments/${NO_ID}`),
  },
  'POST /api/payments/{orderId}/settle': {
    200: async (scene) => settle(scene.buyer, (await asked(scene)).order.id),
    400: async ({ buyer }) => buyer.post(`/api/payments/${NO_ID}/settle`, { now: true }),
    401: ({ nobody }) => settle(nobody, NO_ID),
    402: async (scene) => {
      const { order } = await paid(scene, 'pm_card_chargeDeclined');
      return settle(scene.buyer, order.id);
    },
    403: async (scene) => settle(scene.stranger, (await asked(scene)).order.id),
    404: ({ buyer }) => settle(buyer, NO_ID),
    429: () =>
      limited({}, async (scene) => {
        const { order } = await asked(scene);
        for (let look = 1; look <= 20; look++) {
          expect((await settle(scene.buyer, order.id)).status).toBe(200);
        }
        return settle(scene.buyer, order.id);
      }),
  },
  'POST /api/test-gateway/{id}/confirm': {
    200: async (scene) => {
      const url = addressOf((await asked(scene)).charge.nextAction);
      return scene.buyer.post(url, { approve: true });
    },
    400: async (scene) => {
      const url = addressOf((await asked(scene)).charge.nextAction);
      return scene.buyer.post(url, { approve: 'yes' });
    },
    401: ({ nobody }) => nobody.post('/api/test-gateway/pi_test_1/confirm', { approve: true }),
    402: async (scene) => {
      const url = addressOf((await asked(scene)).charge.nextAction);
      return scene.buyer.post(url, { approve: false });
    },
    403: async (scene) => {
      const url = addressOf((await asked(scene)).charge.nextAction);
      return scene.stranger.post(url, { approve: true });
    },
    404: ({ buyer }) => buyer.post('/api/test-gateway/pi_test_1/confirm', { approve: true }),
  },
};
