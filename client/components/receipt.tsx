import { localeOf } from '../lib/locale.ts';
import type { OpenCharge, OpenOrder } from '../lib/records.ts';
import { timeText } from '../lib/time-text.ts';
import { currentVisit } from '../lib/visit.ts';
import { priceText } from '../lib/visit-money.ts';
import { TestMode } from './test-mode.tsx';
import { Time } from './time.tsx';

/** How what an operator gives back of a payment stands. */
const givenBack: Record<NonNullable<OpenCharge['refund']>['status'], string> = {
  pending: 'On its way back',
  succeeded: 'Given back',
  failed: 'Your bank sent back',
  other: 'Refund',
};

/** The price and time of a purchase, and the ids to quote in questions about it. */
export function Receipt({ order, charge }: { order: OpenOrder; charge: OpenCharge | null }) {
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
        {charge && (
          <>
            <dt>Payment</dt>
            <dd className="code">{charge.id}</dd>
          </>
        )}
        {charge?.refund && (
          <>
            <dt>{givenBack[charge.refund.status]}</dt>
            <dd>{priceText(charge.refund.amount)}</dd>
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
