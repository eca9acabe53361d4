/** Lists: the newest first, a page at a time. */
import { z } from 'zod';
import type { Call } from './call.ts';
import { invalid } from './failure.ts';
import type { Answer, Json, Payment } from './model.ts';
import { type ListedKind, objectsOf, page } from './objects.ts';
import { paging, text } from './parameters.ts';
import { seconds } from './render-method.ts';

/** Parameters of a list that can be narrowed down to a payment or a charge. */
export const listing = z.strictObject({
  ...paging,
  payment_intent: text().optional(),
  charge: text().optional(),
});

type Listing = z.output<typeof listing>;

interface Listed {
  payment: Payment;
  id: string;
  created: number;
}

/** @throws Failure when the page is to begin behind what is not there. */
export async function listOf(
  call: Call,
  kind: ListedKind,
  url: string,
  asked: Listing,
  isWanted: (object: Json) => boolean = () => true,
): Promise<Answer> {
  const found: Listed[] = [];
  for await (const payment of paymentsOf(call, asked)) {
    for (const { id, created } of objectsOf(payment, kind)) found.push({ payment, id, created });
  }
  const all = found
    .filter((each) => isWithin(asked, each))
    .toSorted((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1))
    .filter(({ payment, id }) => isWanted(call.plain(payment, id)));
  const { rows, hasMore } = cut(all, asked);
  const data = rows.map(({ payment, id }) => call.showInList(payment, id));
  return call.ok(page(data, hasMore, url));
}

async function* paymentsOf(call: Call, { payment_intent, charge }: Listing) {
  const id = charge ?? payment_intent;
  if (id === undefined) yield* call.ledger.payments();
  else
    yield await call.find(
      charge ? 'charge' : 'payment_intent',
      id,
      charge ? 'charge' : 'payment_intent',
    );
}

function isWithin({ created }: Listing, listed: Listed): boolean {
  const at = seconds(listed.created);
  const { gt = -1, gte = 0, lt = Number.POSITIVE_INFINITY, lte = lt }: Range = created ?? {};
  return at > gt && at >= gte && at < lt && at <= lte;
}

interface Range {
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
}

function cut(all: Listed[], { limit, starting_after, ending_before }: Listing) {
  const placeOf = (id: string, param: string) => {
    const place = all.findIndex((each) => each.id === id);
    if (place < 0) throw invalid(`No such object: '${id}'`, { code: 'resource_missing', param });
    return place;
  };
  if (ending_before !== undefined) {
    const before = all.slice(0, placeOf(ending_before, 'ending_before'));
    return { rows: before.slice(-limit), hasMore: before.length > limit };
  }
  const from = starting_after === undefined ? 0 : placeOf(starting_after, 'starting_after') + 1;
  const rows = all.slice(from, from + limit);
  return { rows, hasMore: all.length > from + limit };
}
