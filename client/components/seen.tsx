'use client';
import { useState } from 'react';
import { formatPrice, type Money } from '../lib/money.ts';
import type { OpenTicket } from '../lib/records.ts';
import { useRejection } from './form.tsx';

/**
 * The ticket as the seller saw it when they began to type, which goes with the edit, however often it is sent: the page
 * may be told of a newer one meanwhile. After a rejection that shows another state of it, it is that one.
 */
export function Seen({ ticket, money }: { ticket: OpenTicket; money: Money }) {
  const [first] = useState(ticket);
  const { current, values: sent = {} } = useRejection() ?? {};
  const {
    version = sent['seenVersion'] ?? first.version,
    title = sent['seenTitle'] ?? first.title,
    price = sent['seenPrice'] ?? first.price,
  } = current ?? {};
  return (
    <>
      <input type="hidden" name="seenVersion" value={version} />
      <input type="hidden" name="seenTitle" value={title} />
      <input type="hidden" name="seenPrice" value={price} />
      {current && (
        <p className="notice">
          It is now <strong>{current.title}</strong> at{' '}
          <strong>{formatPrice(current.price, money.currency, money.locale)}</strong>. What you
          typed is below; save again to replace it.
        </p>
      )}
    </>
  );
}
