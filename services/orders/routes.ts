import {
  mustBeBuyer,
  newOrderSchema,
  orderListQuery,
  orderPageSchema,
  orderSchema,
  preferHeaders,
} from '@fairseat/common/contracts/order';
import { responses } from '@fairseat/common/contracts/problem';
import { byId } from '@fairseat/common/contracts/shared';
import { conflict, notFound } from '@fairseat/common/errors';
import {
  identify,
  once,
  preferencesIn,
  type Records,
  type RequestIdentity,
  type Routes,
  type ServiceContext,
  sessionOf,
} from '@fairseat/common/kit';
import type { Table } from '@fairseat/common/ports';
import { z } from 'zod';
import { createHolds } from './holds.ts';
import { cancel, type Listing, type Order, type OrderFact, place, priceChanged } from './order.ts';

type NewOrder = z.infer<typeof newOrderSchema>;

const tags = ['orders'];
const LONGEST_WAIT_SECONDS = 10;
/** The longest wait for the listing of a ticket that was just created or changed. */
const LISTING_WAIT_MS = 1000;

export const routes =
  (orders: Records<Order, OrderFact>, listings: Table<Listing>, context: ServiceContext): Routes =>
  async (app) => {
    const { signedIn, clock, newId, changes, config } = context;
    const hold = createHolds(orders, context);

    app.post(
      '/api/orders',
      {
        config: { answers: ['Preference-Applied'] },
        onRequest: signedIn,
        links: {
          201: {
            getOrder: { operationId: 'getOrder', parameters: { id: '$response.body#/id' } },
          },
        },
        schema: {
          tags,
          operationId: 'placeOrder',
          summary: 'Start to buy: hold a ticket while you pay',
          headers: preferHeaders,
          body: newOrderSchema,
          response: responses({ 201: orderSchema }, 400, 401, 403, 404, 409, 422),
        },
      },
      async (request, reply) => {
        const { userId } = sessionOf(request);
        const identity = identify(request, userId, newId);
        const placed = await once(
          identity,
          () => orders.get(identity.id),
          () => placeOrder(request.body, userId, identity),
        );
        reply.header('location', `/api/orders/${placed.id}`);
        const seconds = waitSeconds(request.headers.prefer);
        if (seconds > 0) reply.header('preference-applied', `wait=${seconds}`);
        const order = seconds > 0 ? await outcome(placed, seconds * 1000) : placed;
        return reply.code(201).send(order);
      },
    );

    async function placeOrder(
      { ticketId, price: seen }: NewOrder,
      userId: string,
      identity: RequestIdentity,
    ) {
      const listing = await changes.until(
        ticketId,
        () => listings.get(ticketId),
        (known) => known !== undefined && (seen === undefined || known.price === seen),
        LISTING_WAIT_MS,
      );
      if (listing === undefined) throw notFound('ticket');
      const now = clock.now();
      const times = {
        createdAt: new Date(now).toISOString(),
        expiresAt: new Date(now + config.orderExpirationSeconds * 1000).toISOString(),
      };
      const wanted = { ...identity, ...times, userId, ticketId };
      return hold(wanted, (claim) => orders.create(place(listing, { ...wanted, ...claim }, seen)));
    }

    /** Waits until the order has left `created`, or the time is up. @throws Problem (409) when the lock was refused. */
    async function outcome(placed: Order, waitMs: number) {
      const order = await changes.until(
        placed.id,
        () => orders.require(placed.id),
        ({ status }) => status !== 'created',
        waitMs,
        placed.version,
      );
      if (order.reason === 'ticket_unavailable') {
        const listing = await listings.get(order.ticketId);
        if (listing?.status === 'available' && listing.price !== order.ticket.price) {
          throw priceChanged(listing);
        }
        throw conflict('ticket_unavailable', 'The ticket was taken or changed. Look at it again.');
      }
      return order;
    }

    app.get(
      '/api/orders',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'listOrders',
          summary: 'Your orders, newest first',
          querystring: orderListQuery,
          response: responses({ 200: orderPageSchema }, 400, 401),
        },
      },
      async (request) => {
        const { cursor, limit } = request.query;
        const { records, nextCursor } = await orders.find({
          limit,
          where: { buyer: sessionOf(request).userId },
          ...(cursor !== undefined && { cursor }),
        });
        return { orders: records, nextCursor };
      },
    );

    app.get(
      '/api/orders/:id',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'getOrder',
          summary: 'One of your orders',
          params: byId,
          response: responses({ 200: orderSchema }, 401, 403, 404),
        },
      },
      async (request) => {
        const order = await orders.require(request.params.id);
        mustBeBuyer(order, sessionOf(request).userId);
        return order;
      },
    );

    app.delete(
      '/api/orders/:id',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'cancelOrder',
          summary: 'Cancel an order and let the ticket go',
          params: byId,
          response: responses({ 204: z.null() }, 401, 403, 404, 409),
        },
      },
      async (request, reply) => {
        await orders.update(request.params.id, cancel(sessionOf(request).userId, clock.now()));
        return reply.code(204).send(null);
      },
    );
  };

function waitSeconds(prefer: string | undefined): number {
  const wait = preferencesIn(prefer).get('wait') ?? '';
  return /^\d+$/.test(wait) ? Math.min(Number(wait), LONGEST_WAIT_SECONDS) : 0;
}
