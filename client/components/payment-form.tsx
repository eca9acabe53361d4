import { letGo, pay } from '../lib/actions.ts';
import type { OpenOptions } from '../lib/records.ts';
import { CardForm } from './card-form.tsx';
import { Form, Submit } from './form.tsx';
import { PayBar } from './pay-bar.tsx';

interface Props {
  orderId: string;
  price: string;
  /** Generated for each rendering: another page is another attempt to pay. */
  idempotencyKey: string;
  options: OpenOptions;
}

/** The ways to pay that the payment gateway offers, and the way out. */
export function PaymentForm({ options, ...attempt }: Props) {
  const { form, testMode } = options;
  return (
    <>
      {form ? (
        <CardForm form={form} {...attempt} />
      ) : testMode ? (
        <TestCards options={options} {...attempt} />
      ) : (
        <p className="notice">
          Paying is not possible here right now. Nothing was paid; try again in a few minutes.
        </p>
      )}
      <Form action={letGo} hidden={{ id: attempt.orderId }} className="let-go">
        <p className="fine">Changed your mind? Somebody else may want it.</p>
        <Submit look="plain" pending="Letting go …">
          Let the ticket go
        </Submit>
      </Form>
    </>
  );
}

/** What a test card does by `afterDecline`. */
const declined: Record<OpenOptions['afterDecline'], string> = {
  cancel: 'The bank says no, and the ticket is let go.',
  retry: 'The bank says no, and you may try another card.',
  other: 'The bank says no.',
};

const cardsWhere = (afterDecline: OpenOptions['afterDecline']) => [
  { token: 'pm_card_visa', name: 'Succeeds', does: 'The payment goes through at once.' },
  {
    token: 'pm_card_authenticationRequired',
    name: 'Asks for confirmation',
    does: 'The bank wants to know that it is you.',
  },
  {
    token: 'pm_card_chargeDeclined',
    name: 'Is declined',
    does: declined[afterDecline],
  },
  {
    token: 'pm_card_chargeDeclinedInsufficientFunds',
    name: 'Is declined: too little money',
    does: 'The same, for want of funds.',
  },
];

/** Who takes the payment in place of a bank. */
const testers: Record<OpenOptions['gateway'], string> = {
  test: 'No card is charged and no money moves.',
  stripe: 'Stripe takes the payment in its test mode: no card is charged and no money moves.',
  'local-stripe':
    'A stand-in for Stripe on this machine takes the payment: no card is charged and no money moves.',
  other: 'No card is charged and no money moves.',
};

/** Payment in test mode: a choice of test cards by what they do. No field accepts a card number. */
function TestCards({ options, orderId, price, idempotencyKey }: Props) {
  const cards = cardsWhere(options.afterDecline);
  return (
    <Form action={pay} idempotencyKey={idempotencyKey} hidden={{ id: orderId }}>
      <fieldset className="cards">
        <legend>Test mode: choose a test card</legend>
        <p className="fine">{testers[options.gateway]}</p>
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
  );
}
