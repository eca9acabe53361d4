import type { Draft } from '../lib/draft-cookie.ts';
import type { FormAction } from '../lib/form-state.ts';
import { toTyped } from '../lib/money.ts';
import type { OpenTicket } from '../lib/records.ts';
import { moneyOfVisit } from '../lib/visit-money.ts';
import { Field, Form, Submit } from './form.tsx';
import { Seen } from './seen.tsx';
import { serialOf, stockOf } from './ticket.tsx';

interface Props {
  action: FormAction;
  submit: string;
  pending: string;
  /** The ticket to edit. Without one, the form is for a new ticket. */
  ticket?: OpenTicket;
  disabled?: boolean;
  draft?: Draft | undefined;
}

/** A ticket to fill in: the title on its body, the price on its stub. */
export function ListingForm({ action, submit, pending, ticket, disabled = false, draft }: Props) {
  const money = moneyOfVisit();
  const { currency } = money;
  return (
    <Form
      action={action}
      idempotencyKey={crypto.randomUUID()}
      {...(ticket && { hidden: { id: ticket.id } })}
      draft={draft}
    >
      {ticket && <Seen ticket={ticket} money={money} />}
      <fieldset disabled={disabled}>
        <div
          className="ticket"
          data-size="form"
          data-stock={ticket ? stockOf(ticket.id) : 'canary'}
          data-look="available"
        >
          <div className="ticket-body">
            <p className="ticket-serial">{`No. ${ticket ? serialOf(ticket.id) : '——————'}`}</p>
            <Field
              name="title"
              label="Title"
              autoComplete="off"
              initial={ticket?.title ?? ''}
              hint="What, where and when; up to 200 characters."
            />
          </div>
          <div className="ticket-stub">
            <Field
              name="price"
              label="Price"
              inputMode="decimal"
              autoComplete="off"
              initial={ticket ? toTyped(ticket.price, money) : ''}
              hint={`In ${currency.toUpperCase()}, for example ${toTyped(4990, money)}.`}
            />
          </div>
        </div>
        <Submit pending={pending}>{submit}</Submit>
      </fieldset>
    </Form>
  );
}
