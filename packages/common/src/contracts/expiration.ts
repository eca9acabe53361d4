import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { idSchema } from './shared.ts';

export const expirationEvents = defineEvents(
  'expiration',
  {
    'expiration.elapsed': z
      .object({ orderId: idSchema.describe('The order whose time may be over.') })
      .describe('The alarm for the end of an order rang. Whether it has expired, orders decides.'),
  },
  'orderId',
);
