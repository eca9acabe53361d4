import { z } from 'zod';

/** The most events of one page. */
export const MAX_FEED_PAGE = 500;
/** The longest that `Prefer: wait=N` holds a page back while there is nothing to tell. */
export const LONGEST_FEED_WAIT_SECONDS = 25;
/** Shows so often that a stream is alive, and how far it is. */
export const FEED_BEAT_SECONDS = 15;

/** A list of event types, such as `order.completed,ticket.*`. */
export const eventTypeListSchema = z
  .string('Name the types once, separated by commas.')
  .max(2000, 'Name fewer types, or whole nouns such as ticket.*')
  .regex(
    /^(\*|[a-z_]+\.[a-z_]+|[a-z_]+\.\*)(,(\*|[a-z_]+\.[a-z_]+|[a-z_]+\.\*))*$/,
    'Name event types such as order.completed or ticket.*, separated by commas.',
  );

export const feedQuery = z.strictObject({
  after: z
    .string('Use one cursor.')
    .regex(/^[a-z0-9-]{1,40}$/, 'Use the next of a page, the id of a server-sent event, or oldest.')
    .optional()
    .describe(
      'The events behind this cursor: the `next` of a page or the id of a server-sent event. `oldest` for all that are ' +
        'kept; without it, those from now on.',
    ),
  types: eventTypeListSchema
    .optional()
    .describe('Only these event types, such as `order.completed,ticket.*`; else all of the key.'),
  limit: z.coerce
    .number(`The limit must be a number from 1 to ${MAX_FEED_PAGE}.`)
    .int('The limit must be a whole number.')
    .min(1, 'The limit must be at least 1.')
    .max(MAX_FEED_PAGE, `The limit must be at most ${MAX_FEED_PAGE}.`)
    .default(100)
    .describe('The most events of a page; a stream has no end.'),
});

export const feedHeaders = z.object({
  'last-event-id': z
    .string()
    .max(40, 'Use the id of a server-sent event.')
    .optional()
    .describe(
      'What programs that listen to server-sent events send by themselves: it counts as `after`.',
    ),
  prefer: z
    .string()
    .max(1000, `Use wait=N, with at most ${LONGEST_FEED_WAIT_SECONDS} seconds.`)
    .optional()
    .describe(`wait=N, at most ${LONGEST_FEED_WAIT_SECONDS} seconds`),
});

/** An event as it leaves Fairseat: CloudEvents 1.0 in JSON. */
export const outerEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().describe('An event that comes twice has the same id.'),
  source: z.string().describe('The service that published it, as an address of the marketplace.'),
  type: z.string(),
  subject: z.string().describe('The id of the record that changed.'),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.looseObject({}),
});
export type OuterEvent = z.infer<typeof outerEventSchema>;

export const feedPageSchema = z.object({
  events: z
    .array(outerEventSchema)
    .describe('In the order of the log. Take each as if it could come twice.'),
  next: z.string().describe('What to send as `after` for those that follow.'),
});
export type FeedPage = z.infer<typeof feedPageSchema>;
