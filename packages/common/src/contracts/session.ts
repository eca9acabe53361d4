import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { idSchema, timeSchema } from './shared.ts';

export const sessionEvents = defineEvents(
  'auth',
  { 'session.ended': z.object({ sessionId: idSchema, expiresAt: timeSchema }) },
  'sessionId',
);
