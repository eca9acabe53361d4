import { localeOf } from '../lib/locale.ts';
import type { OpenOrder } from '../lib/records.ts';
import { timeText } from '../lib/time-text.ts';
import { currentVisit } from '../lib/visit.ts';
import { priceText } from '../lib/visit-money.ts';
import { TestMode } from './test-mode.tsx';
import { Time } from './time.tsx';

/** The price and time of a purchase, and the ids to quote in questions about it. */
export function Receipt({ order, chargeId }: { order: OpenOrder; chargeId: string | null }) {
  const locale = localeOf(currentVisit().request.headers['accept-language']);
  return (
    <>
      <p className="lead">Paid. Nobody else can buy this ticket any more.</p>
      <dl className="receipt">
        <dt>Price</dt>
        <dd>{priceText(order.ticket.price)}</dd>
        <dt>Ordered</dt>
        <dd>
          <Time
            at={order.createdAt}
            locale={locale}
            inUtc={timeText(order.createdAt, locale, 'UTC')}
          />
        </dd>
        <dt>Order</dt>
        <dd className="code">{order.id}</dd>
        {chargeId && (
          <>
            <dt>Payment</dt>
            <dd className="code">{chargeId}</dd>
          </>
        )}
      </dl>
      <TestMode>Paid in test mode: no card was charged and no money has moved.</TestMode>
      <p>
        <a className="button button-plain" href="/orders">
          My orders
        </a>{' '}
        <a className="button button-plain" href="/">
          See what else is for sale
        </a>
      </p>
    </>
  );
}
