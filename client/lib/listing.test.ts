import { type TicketRecord, ticketBodySchema } from '@fairseat/common/contracts/ticket';
import { describe, expect, it } from 'vitest';
import { readListing } from './listing.ts';

const money = { currency: 'usd', locale: 'en' };

const ticket: Required<TicketRecord> = {
  id: '0123456789abcdef0123456789abcdef',
  title: 'Front row',
  price: 4990,
  userId: 'f'.repeat(32),
  orderId: null,
  status: 'available',
  version: 1,
  createdAt: '2030-01-01T12:00:00.000Z',
};

const form = (fields: Record<string, string>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
};

const errorsOf = (fields: Record<string, string>, edited?: TicketRecord) => {
  try {
    readListing(form(fields), money, edited);
  } catch (error) {
    return (error as { errors?: object[] }).errors;
  }
  return undefined;
};

describe('the listing of a form', () => {
  it('is what was typed', () => {
    const typed = form({ id: ticket.id, title: ' Second row ', price: '39,90', other: 'x' });
    const listing = { title: 'Second row', price: 3990 };
    expect(readListing(typed, money)).toEqual(listing);
    expect(readListing(typed, money, ticket)).toMatchObject(listing);
  });

  // Of every field that there will ever be: a form need not show it, and a page may be older than it.
  it.each(Object.keys(ticketBodySchema.shape) as (keyof TicketRecord)[])(
    'without its %s leaves that of the ticket as it is',
    (field) => {
      const typed = form({ title: 'Second row', price: '39.90' });
      typed.delete(field);
      expect(readListing(typed, money, ticket)).toMatchObject({ [field]: ticket[field] });
    },
  );

  it('names each field that is wrong', () => {
    expect(errorsOf({ title: ' ', price: 'cheap' })).toEqual([
      { field: 'price', message: expect.stringMatching('This is not a price') },
      { field: 'title', message: 'The title must not be empty.' },
    ]);
    expect(errorsOf({ title: 'x'.repeat(201), price: '1' }, ticket)).toMatchObject([
      { field: 'title' },
    ]);
    expect(errorsOf({})).toMatchObject([{ field: 'title' }, { field: 'price' }]);
  });
});
