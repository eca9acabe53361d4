import { localeOf } from './locale.ts';
import { formatPrice, type Money } from './money.ts';
import { currentVisit } from './visit.ts';

/** The currency and locale for this visitor's prices. */
export function moneyOfVisit(): Money {
  const { currency, request } = currentVisit();
  return { currency, locale: localeOf(request.headers['accept-language']) };
}

export function priceText(price: number): string {
  const { currency, locale } = moneyOfVisit();
  return formatPrice(price, currency, locale);
}
