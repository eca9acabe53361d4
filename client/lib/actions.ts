'use server';
/** The actions of forms. They work the same with and without scripts in the browser. */
import { redirect } from 'next/navigation';
import * as api from './api.ts';
import { ApiError, formErrors } from './api-error.ts';
import { dropDraft, keepDraft } from './draft.ts';
import { type FormAction, type FormState, sentAgain, typedIn } from './form-state.ts';
import { readListing } from './listing.ts';
import { arrivedPath, bankPage, safePath, signInPath } from './paths.ts';
import type { OpenTicket } from './records.ts';
import { begin, currentVisit } from './visit.ts';
import { moneyOfVisit } from './visit-money.ts';

const newKey = () => crypto.randomUUID();

const text = (data: FormData, name: string) => {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
};

/** Actions are public: anybody can call them, with any arguments. */
const action =
  (act: FormAction): FormAction =>
  async (before, data) => {
    if (typeof before?.key !== 'string' || !(data instanceof FormData)) {
      throw new Error('No page sends such a form.');
    }
    begin();
    return act(before, data);
  };

/**
 * Calls the API, then redirects to the path that `run` returns.
 * @param back the path to return to if the visitor has to sign in first.
 */
async function submit(
  before: FormState,
  data: FormData,
  back: string,
  run: () => Promise<string>,
): Promise<FormState> {
  let next: string;
  try {
    next = await run();
    await dropDraft();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401) {
      const { byField, general } = formErrors(error, [...data.keys()]);
      // A refusal is final. A request without an answer may have succeeded, so the next attempt keeps its key.
      const key = error.status < 500 ? newKey() : before.key;
      const { ticket: current, code, orders } = error;
      const holds = orders.map(({ id, ticket }) => ({ id, title: ticket.title }));
      const why = { current, code, holds };
      return sentAgain(before, data, { fields: byField, general, key, ...why });
    }
    next = signInPath(await keepDraft(back, typedIn(data)));
  }
  redirect(next);
}

export const signUp = action(async (before, data) => {
  return submit(before, data, '/', async () => {
    await api.signUp({ email: text(data, 'email'), password: text(data, 'password') });
    return arrivedPath(safePath(data.get('next')));
  });
});

export const signIn = action(async (before, data) => {
  return submit(before, data, '/', async () => {
    await api.signIn({ email: text(data, 'email'), password: text(data, 'password') });
    return arrivedPath(safePath(data.get('next')));
  });
});

export const signOut = action(async (before, data) => {
  return submit(before, data, '/', async () => {
    await api.signOut();
    return '/';
  });
});

export const signOutEverywhere = action(async (before, data) => {
  return submit(before, data, '/', async () => {
    await api.signOutEverywhere();
    return '/';
  });
});

export const listTicket = action(async (before, data) => {
  return submit(before, data, '/tickets/new', async () => {
    const listing = readListing(data, moneyOfVisit());
    const ticket = await api.listTicket(listing, before.key).catch((error) => {
      // The visitor went back to a submitted form and changed it, so this is another ticket.
      if (error instanceof ApiError && error.status === 422)
        return api.listTicket(listing, newKey());
      throw error;
    });
    return `/tickets/${ticket.id}`;
  });
});

export const editTicket = action(async (before, data) => {
  const id = text(data, 'id');
  const path = `/tickets/${id}`;
  return submit(before, data, `${path}/edit`, async () => {
    const ticket = await api.getTicket(id);
    const listing = readListing(data, moneyOfVisit(), ticket);
    await api.editTicket(id, listing, versionSeen(data, ticket));
    return path;
  });
});

/**
 * The version that an edit is meant for: the one whose listing was on the page. A ticket that was only held and let go
 * since then has another version and the same listing.
 */
function versionSeen(data: FormData, { version, title, price }: OpenTicket): number {
  const isAsSeen = text(data, 'seenTitle') === title && text(data, 'seenPrice') === String(price);
  return isAsSeen ? version : Number(text(data, 'seenVersion')) || 0;
}

export const withdrawTicket = action(async (before, data) => {
  return submit(before, data, `/tickets/${text(data, 'id')}/edit`, async () => {
    await api.withdrawTicket(text(data, 'id'));
    return '/selling';
  });
});

export const buy = action(async (before, data) => {
  const ticketId = text(data, 'id');
  return submit(before, data, `/tickets/${ticketId}`, async () => {
    try {
      const price = Number(text(data, 'price'));
      const path = orderPath((await api.placeOrder(ticketId, price, before.key)).id);
      const { form } = await api.getPaymentOptions(price);
      // The policy of the page before forbids Stripe's script, so the page of the order is loaded anew.
      return form ? arrivedPath(path) : path;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'already_yours') {
        const { orderId } = await api.getTicket(ticketId);
        return orderId === null ? '/orders' : orderPath(orderId);
      }
      throw raceLost.includes(error.code) ? late(error, await api.getTicket(ticketId)) : error;
    }
  });
});

const raceLost = ['ticket_reserved', 'ticket_sold', 'ticket_unavailable'];

/** The page tells who came second from what has become of the ticket, for as long as that is so. */
function late(refusal: ApiError, ticket: OpenTicket): ApiError {
  const isTaken = ticket.status === 'reserved' || ticket.status === 'sold';
  if (refusal.code !== 'ticket_reserved' && !isTaken) return refusal;
  return new ApiError(409, 'late', refusal.message, { errors: [], ticket, cause: refusal });
}

const orderPath = (id: string) => `/orders/${encodeURIComponent(id)}`;

/** The page of the order shows these outcomes. */
const isTold = (error: unknown) =>
  error instanceof ApiError && [402, 404, 409, 422].includes(error.status);

export const pay = action(async (before, data) => {
  const orderId = text(data, 'id');
  const path = orderPath(orderId);
  return submit(before, data, path, async () => {
    try {
      const { nextAction } = await api.payFor(orderId, text(data, 'token'), before.key);
      if (nextAction?.type === 'confirm') return `${path}/confirm`;
      return (nextAction?.type === 'redirect' && followed(nextAction.url)) || path;
    } catch (error) {
      if (isTold(error)) return path;
      throw error;
    }
  });
});

/** Without scripts, browsers hold a form to this site, wherever it redirects: the page of the order has a link then. */
const followed = (url: string) => currentVisit().request.headers['next-action'] && bankPage(url);

/** The bank may have answered on another page than ours. */
export const lookAgain = action(async (before, data) => {
  const orderId = text(data, 'id');
  const path = orderPath(orderId);
  return submit(before, data, path, async () => {
    const charge = await api.settlePayment(orderId).catch((error) => {
      if (!isTold(error)) throw error;
    });
    if (!charge?.nextAction) return path;
    throw new ApiError(400, 'unconfirmed', text(data, 'trouble') || UNCONFIRMED);
  });
});

const UNCONFIRMED = 'The payment is not confirmed yet.';

export const confirm = action(async (before, data) => {
  const orderId = text(data, 'id');
  const path = orderPath(orderId);
  return submit(before, data, path, async () => {
    try {
      const charge = await api.getCharge(orderId);
      if (charge?.nextAction?.type === 'confirm') {
        await api.confirmPayment(charge.nextAction.url, text(data, 'approve') === 'yes');
      }
    } catch (error) {
      if (!isTold(error)) throw error;
    }
    return path;
  });
});

export const letGo = action(async (before, data) => {
  const path = orderPath(text(data, 'id'));
  return submit(before, data, path, async () => {
    try {
      await api.cancelOrder(text(data, 'id'));
    } catch (error) {
      if (!isTold(error)) throw error;
    }
    return path;
  });
});
