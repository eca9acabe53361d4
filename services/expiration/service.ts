import { expirationEvents } from '@fairseat/common/contracts/expiration';
import { defineService } from '@fairseat/common/kit';

/**
 * The alarm clock of orders. It only publishes that an order's time is up: orders decides by its own clock what
 * follows, so an alarm that fires twice, late, or for an order long ended does no harm.
 */
export const expiration = defineService({
  name: 'expiration',
  prefixes: [],
  needs: ['timers'],
  publishes: expirationEvents,
  hears: ['order.created', 'order.cancelled', 'order.completed'],
  build({ timers, publish }) {
    timers.onFire((orderId) =>
      publish('expiration.elapsed', { id: orderId, version: 1 }, { orderId }),
    );
    return {
      handlers: {
        'order.created': ({ data }) => timers.set(data.id, Date.parse(data.expiresAt)),
        'order.cancelled': ({ data }) => timers.drop(data.id),
        'order.completed': ({ data }) => timers.drop(data.id),
      },
    };
  },
});
