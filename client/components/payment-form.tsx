import { letGo, pay } from '../lib/actions.ts';
import { Form, Submit } from './form.tsx';
import { PayBar } from './pay-bar.tsx';

interface Props {
  orderId: string;
  price: string;
  /** Generated for each rendering: another page is another attempt to pay. */
  idempotencyKey: string;
}

const cards = [
  { token: 'pm_card_visa', name: 'Succeeds', does: 'The payment goes through at once.' },
  {
    token: 'pm_card_authenticationRequired',
    name: 'Asks for confirmation',
    does: 'The bank wants to know that it is you.',
  },
  {
    token: 'pm_card_chargeDeclined',
    name: 'Is declined',
    does: 'The bank says no, and the ticket is let go.',
  },
  {
    token: 'pm_card_chargeDeclinedInsufficientFunds',
    name: 'Is declined: too little money',
    does: 'The same, for want of funds.',
  },
];

/** Payment in test mode: a choice of test cards by what they do. No field accepts a card number. */
export function PaymentForm({ orderId, price, idempotencyKey }: Props) {
  return (
    <>
      <Form action={pay} idempotencyKey={idempotencyKey} hidden={{ id: orderId }}>
        <fieldset className="cards">
          <legend>Test mode: choose a test card</legend>
          <p className="fine">No card is charged and no money moves.</p>
          {cards.map(({ token, name, does }, index) => (
            <label key={token} className="card">
              <input type="radio" name="token" value={token} defaultChecked={index === 0} />
              <span>
                <strong>{name}</strong> <span className="card-does">{does}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <PayBar>
          <Submit pending="Paying …">{`Pay ${price}`}</Submit>
        </PayBar>
      </Form>
      <Form action={letGo} hidden={{ id: orderId }} className="let-go">
        <p className="fine">Changed your mind? Somebody else may want it.</p>
        <Submit look="plain" pending="Letting go …">
          Let the ticket go
        </Submit>
      </Form>
    </>
  );
}
