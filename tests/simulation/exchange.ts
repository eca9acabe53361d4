/** The requests of people, and the answers of the marketplace. */
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
  /** The value of `:id`. */
  id?: string;
  /** The query, with its question mark. */
  query?: string;
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** A request, and its answer if there was one. */
export interface Exchange extends Ask {
  /** The request id, which is the correlation id of everything that follows from it. */
  story: string;
  person: number;
  userId: string;
  cookie: string | undefined;
  /** Places in the order of all requests and answers. */
  from: number;
  to: number;
  askedAtMs: number;
  answeredAtMs?: number;
  /** The number of versions of its ticket or order at the time of the request. */
  versions: number;
  reply?: DoorReply;
}

export const methodOf = (route: Route) => route.slice(0, route.indexOf(' ')) as Method;

export const urlOf = ({ route, id = '', query = '' }: Ask): string =>
  route.slice(route.indexOf(' ') + 1).replace(':id', id) + query;

/** The id of the record that a request is about; empty when it names none. */
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
  securedAt: string;
  code: string;
  detail: string;
  mayRetry: boolean;
  nextAction?: { url: string };
  ticket: { id: string; price: number; version: number };
  tickets: ReplyBody[];
  orders: ReplyBody[];
  nextCursor: string | null;
  currentUser: { id: string } | null;
}

/** The body of an answer. The status tells whether it is a record, a page or a problem. */
export const bodyOf = (reply: DoorReply | undefined): Partial<ReplyBody> =>
  (reply?.body ?? {}) as Partial<ReplyBody>;
