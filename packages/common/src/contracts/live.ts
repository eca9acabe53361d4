import { z } from 'zod';
import { openSchema } from '../open-schema.ts';
import { orderSchema } from './order.ts';
import { timeSchema } from './shared.ts';
import { ticketSchema } from './ticket.ts';

/** The most tickets that one live stream may follow. */
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
 * The server-sent events of `GET /api/live` by name; `data` is JSON. Records arrive whole, and may arrive twice or
 * late: the highest `version` is right. Readers of another release take a value that they do not know for `'other'`.
 */
export const liveEvents = {
  /** Begins every stream, and follows a gap: changes may have been missed, so read again. */
  reset: serverTime,
  /** Shows every `LIVE_BEAT_SECONDS` that the stream is alive. */
  beat: serverTime,
  /** A ticket named in the query, or one that the visitor sells. */
  ticket: openSchema(ticketSchema),
  /** An order of the visitor. */
  order: openSchema(orderSchema),
};
export type LiveEventName = keyof typeof liveEvents;
export const LIVE_BEAT_SECONDS = 15;
