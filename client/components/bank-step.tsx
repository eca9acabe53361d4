import type { Stage } from '../lib/checkout.ts';
import { bankPage } from '../lib/paths.ts';
import type { OpenOptions } from '../lib/records.ts';
import { BankQuestion } from './bank-question.tsx';
import { PayBar } from './pay-bar.tsx';

interface Props {
  orderId: string;
  action: Extract<Stage, { name: 'confirm' }>['action'];
  options: OpenOptions | null;
}

/** Leads to the page of the buyer's bank, or has it ask on this one. */
export function BankStep({ orderId, action, options }: Props) {
  if ('clientSecret' in action && options?.form) {
    const { publishableKey } = options.form;
    return <BankQuestion {...{ orderId, publishableKey }} clientSecret={action.clientSecret} />;
  }
  const url = 'url' in action && pageOf(action, orderId);
  if (!url) {
    return (
      <p className="lead">
        Your bank has a question that cannot be shown here. Nothing is paid until you confirm.
      </p>
    );
  }
  return (
    <>
      <p className="lead">Your bank wants to know that it is you. Confirm the payment there.</p>
      <PayBar>
        <a className="button button-primary" href={url}>
          Go to the bank
        </a>
      </PayBar>
    </>
  );
}

/** The test gateway's bank has a page here. */
const pageOf = ({ type, url }: { type: string; url: string }, orderId: string) =>
  type === 'confirm' ? `/orders/${orderId}/confirm` : bankPage(url);
