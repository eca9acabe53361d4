import { z } from 'zod';
import { orderSchema } from './order.ts';
import { timeSchema } from './shared.ts';
import { ticketSchema } from './ticket.ts';

/** How many tickets one live stream may tell of. */
export const MAX_LIVE_TICKETS = 200;
const liveTicketIds = new RegExp(`^[0-9a-f]{32}(,[0-9a-f]{32}){0,${MAX_LIVE_TICKETS - 1}}$`);
export const liveQuery = z.strictObject({
  tickets: z
    .string('Name the tickets once.')
    .regex(liveTicketIds, `Name 1 to ${MAX_LIVE_TICKETS} ticket ids, separated by commas.`)
    .optional()
    .describe('The ids of the tickets to be told of, separated by commas.'),
});

const serverTime = z.object({ now: timeSchema.describe('The time of the server.') });
/**
 * What `GET /api/live` sends: server-sent events by their name, `data` as JSON. Records come whole and may come twice
 * or late: the highest `version` is right.
 */
export const liveEvents = {
  /** The first of every stream: changes may have been missed, so read afresh. */
  reset: serverTime,
  /** The stream is alive. Comes every `LIVE_BEAT_SECONDS`. */
  beat: serverTime,
  /** One of the tickets asked for, or one that the visitor sells. */
  ticket: ticketSchema,
  /** An order of the visitor. */
  order: orderSchema,
};
export type LiveEventName = keyof typeof liveEvents;
export const LIVE_BEAT_SECONDS = 15;
