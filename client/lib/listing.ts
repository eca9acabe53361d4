import { ticketBodySchema } from '@fairseat/common/contracts/ticket';
import { ApiError } from './api-error.ts';
import type { Money } from './money.ts';
import { parsePrice } from './parse-price.ts';
import type { OpenTicket } from './records.ts';

/**
 * The listing that a form asks for. A field that the form lacks, by choice or since its page is older than the field,
 * stays as the edited ticket has it: an edit that left it out would take it away.
 * @throws ApiError with what is wrong, by field.
 */
export function readListing(data: FormData, money: Money, ticket?: OpenTicket) {
  const errors: { field: string; message: string }[] = [];
  const kept: Record<string, unknown> = { ...ticket };
  const fields = Object.entries(ticketBodySchema.shape).map(([field, schema]) => {
    const typed = data.get(field);
    if (typeof typed !== 'string') return [field, kept[field]];
    const leftOut = typed.trim() === '' && schema.isOptional();
    if (field !== 'price') return [field, leftOut ? undefined : typed];
    const { price, error } = parsePrice(typed, money);
    if (error) errors.push({ field, message: error });
    return [field, price ?? 1];
  });
  const listing = ticketBodySchema.safeParse(Object.fromEntries(fields));
  for (const { path, message } of listing.error?.issues ?? []) {
    errors.push({ field: String(path[0]), message });
  }
  if (!listing.success || errors.length > 0) {
    throw new ApiError(400, 'invalid_request', 'This listing cannot be read.', { errors });
  }
  return listing.data;
}
