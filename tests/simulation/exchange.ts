/** What passes between a person and the marketplace. */
import type { DoorReply, Method } from './door.ts';

export type Route =
  | 'POST /api/users/signup'
  | 'POST /api/users/signin'
  | 'POST /api/users/signout'
  | 'GET /api/users/currentuser'
  | 'GET /api/tickets'
  | 'POST /api/tickets'
  | 'GET /api/tickets/:id'
  | 'PUT /api/tickets/:id'
  | 'DELETE /api/tickets/:id'
  | 'GET /api/orders'
  | 'POST /api/orders'
  | 'GET /api/orders/:id'
  | 'DELETE /api/orders/:id'
  | 'POST /api/payments'
  | 'GET /api/payments/:id'
  | 'POST /api/test-gateway/:id/confirm';

export interface Ask {
  route: Route;
  /** Stands for `:id`. */
  id?: string;
  /** What follows the path. */
  query?: string;
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** One request and its answer, if there was one. */
export interface Exchange extends Ask {
  /** The request id: the correlation id of all that follows from it. */
  story: string;
  person: number;
  userId: string;
  cookie: string | undefined;
  /** Places in the order of all requests and answers. */
  from: number;
  to: number;
  askedAtMs: number;
  answeredAtMs?: number;
  /** How many versions of the ticket or order it is about there were when it was asked. */
  versions: number;
  reply?: DoorReply;
}

export const methodOf = (route: Route) => route.slice(0, route.indexOf(' ')) as Method;

export const urlOf = ({ route, id = '', query = '' }: Ask): string =>
  route.slice(route.indexOf(' ') + 1).replace(':id', id) + query;

/** The record that a request is about, if it names one. */
export const subjectOf = ({ id, body }: Ask): string =>
  id ?? String(body?.['ticketId'] ?? body?.['orderId'] ?? '');

export interface ReplyBody {
  id: string;
  userId: string;
  title: string;
  price: number;
  status: string;
  version: number;
  orderId: string | null;
  ticketId: string;
  expiresAt: string;
  code: string;
  detail: string;
  nextAction?: { url: string };
  tickets: ReplyBody[];
  orders: ReplyBody[];
  nextCursor: string | null;
  currentUser: { id: string } | null;
}

/** The body of an answer: whichever record, page or problem it is, so look at the status first. */
export const bodyOf = (reply: DoorReply | undefined): Partial<ReplyBody> =>
  (reply?.body ?? {}) as Partial<ReplyBody>;
