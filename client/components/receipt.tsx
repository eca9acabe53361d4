import { localeOf } from '../lib/locale.ts';
import type { OpenOrder } from '../lib/records.ts';
import { currentVisit } from '../lib/visit.ts';
import { priceText } from '../lib/visit-money.ts';

/** The price and date of a purchase, and the ids to quote in questions about it. */
export function Receipt({ order, chargeId }: { order: OpenOrder; chargeId: string | null }) {
  const locale = localeOf(currentVisit().request.headers['accept-language']);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  return (
    <>
      <p className="lead">Paid. Nobody else can buy this ticket any more.</p>
      <dl className="receipt">
        <dt>Price</dt>
        <dd>{priceText(order.ticket.price)}</dd>
        <dt>Ordered on</dt>
        <dd>
          <time dateTime={order.createdAt}>{day.format(new Date(order.createdAt))}</time>
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
      <p className="fine">Paid in test mode: no card was charged and no money has moved.</p>
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
