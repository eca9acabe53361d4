import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { idSchema, timeSchema } from './shared.ts';

export const sessionEvents = defineEvents(
  'auth',
  {
    'session.ended': z
      .object({
        sessionId: idSchema.describe('The session, as its token names it.'),
        expiresAt: timeSchema.describe('When its token would have run out by itself.'),
      })
      .describe('Somebody has signed out: no service accepts the session any more.'),
  },
  'sessionId',
);
