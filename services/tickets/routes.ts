import { responses } from '@fairseat/common/contracts/problem';
import { byId, idempotencyHeaders } from '@fairseat/common/contracts/shared';
import {
  ifMatchHeaders,
  ticketBodySchema,
  ticketListQuery,
  ticketPageSchema,
  ticketSchema,
} from '@fairseat/common/contracts/ticket';
import { notSignedIn } from '@fairseat/common/errors';
import {
  identify,
  once,
  type Records,
  type Routes,
  type ServiceContext,
  sessionOf,
  versionsIn,
  withEtag,
} from '@fairseat/common/kit';
import { z } from 'zod';
import { createLimits } from './limits.ts';
import { mustBePayable } from './price.ts';
import { create, edit, type Ticket, type TicketFact, withdraw } from './ticket.ts';

const tags = ['tickets'];

export const routes =
  (tickets: Records<Ticket, TicketFact>, context: ServiceContext<'rateLimiter'>): Routes =>
  async (app) => {
    const { signedIn, visitorOf, clock, newId, config } = context;
    const limits = createLimits(context);

    app.get(
      '/api/tickets',
      {
        config: { security: [{}, { session: [] }] },
        schema: {
          tags,
          operationId: 'listTickets',
          summary: 'Tickets, newest first',
          querystring: ticketListQuery,
          response: responses({ 200: ticketPageSchema }, 400, 401),
        },
      },
      async (request) => {
        const { q, cursor, limit, available, mine } = request.query;
        const seller = mine === 'true' ? await visitorOf(request) : undefined;
        if (seller === null) throw notSignedIn();
        const { records, nextCursor } = await tickets.find({
          limit,
          where: {
            ...(seller && { seller: seller.userId }),
            ...(available === 'true' && { status: 'available' }),
          },
          ...(q?.trim() && { words: q }),
          ...(cursor !== undefined && { cursor }),
        });
        return { tickets: records, nextCursor };
      },
    );

    app.post(
      '/api/tickets',
      {
        config: { answers: ['ETag'] },
        onRequest: signedIn,
        links: {
          201: {
            getTicket: { operationId: 'getTicket', parameters: { id: '$response.body#/id' } },
          },
        },
        schema: {
          tags,
          operationId: 'createTicket',
          summary: 'List a ticket for sale',
          headers: idempotencyHeaders,
          body: ticketBodySchema,
          response: responses({ 201: ticketSchema }, 400, 401, 422, 429),
        },
      },
      async (request, reply) => {
        const { userId } = sessionOf(request);
        mustBePayable(request.body.price, config.currency);
        const identity = identify(request, userId, newId);
        const createdAt = new Date(clock.now()).toISOString();
        const ticket = await once(
          identity,
          () => tickets.get(identity.id),
          () =>
            limits.listing(userId, () =>
              tickets.create(create({ ...request.body, ...identity, userId, createdAt })),
            ),
        );
        reply.header('location', `/api/tickets/${ticket.id}`);
        return reply.code(201).send(withEtag(ticket, reply));
      },
    );

    app.get(
      '/api/tickets/:id',
      {
        config: { answers: ['ETag'] },
        schema: {
          tags,
          operationId: 'getTicket',
          summary: 'One ticket',
          params: byId,
          response: responses({ 200: ticketSchema }, 404),
        },
      },
      async (request, reply) => withEtag(await tickets.require(request.params.id), reply),
    );

    app.put(
      '/api/tickets/:id',
      {
        config: { answers: ['ETag'] },
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'changeTicket',
          summary: 'Change a listing, while nobody holds it',
          params: byId,
          headers: ifMatchHeaders,
          body: ticketBodySchema,
          response: responses({ 200: ticketSchema }, 400, 401, 403, 404, 409, 412, 429),
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const { userId } = sessionOf(request);
        mustBePayable(body.price, config.currency);
        const change = edit(userId, body, versionsIn(headers['if-match']));
        const edited = await limits.editing(params.id, userId, () =>
          tickets.update(params.id, change),
        );
        return withEtag(edited, reply);
      },
    );

    app.delete(
      '/api/tickets/:id',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'withdrawTicket',
          summary: 'Withdraw a ticket from sale',
          params: byId,
          headers: ifMatchHeaders,
          response: responses({ 204: z.null() }, 400, 401, 403, 404, 409, 412),
        },
      },
      async (request, reply) => {
        const isMeant = versionsIn(request.headers['if-match']);
        await tickets.update(request.params.id, withdraw(sessionOf(request).userId, isMeant));
        return reply.code(204).send(null);
      },
    );
  };
