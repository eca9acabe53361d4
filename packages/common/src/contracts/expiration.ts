import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { idSchema } from './shared.ts';

export const expirationEvents = defineEvents(
  'expiration',
  { 'expiration.elapsed': z.object({ orderId: idSchema }) },
  'orderId',
);
