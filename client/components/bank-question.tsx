'use client';
import { useEffect, useRef } from 'react';
import { lookAgain } from '../lib/actions.ts';
import { type FormAction, sentAgain } from '../lib/form-state.ts';
import { confirmHere } from '../lib/stripe.ts';
import { Form, Submit } from './form.tsx';
import { PayBar } from './pay-bar.tsx';

interface Props {
  orderId: string;
  publishableKey: string;
  clientSecret: string;
}

const UNREACHED =
  'Your bank cannot be asked: Stripe, which takes the payment, cannot be reached from this browser. Check the connection; if something blocks scripts, let it allow js.stripe.com.';

/** The bank's question in a window of Stripe's on this page. It opens by itself, also after a reload. */
export function BankQuestion({ orderId, publishableKey, clientSecret }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (clientSecret) place.current?.querySelector('form')?.requestSubmit();
  }, [clientSecret]);

  const askHere: FormAction = async (before, data) => {
    try {
      data.set('trouble', await confirmHere(publishableKey, clientSecret));
    } catch {
      return sentAgain(before, data, { general: UNREACHED });
    }
    return lookAgain(before, data);
  };

  return (
    <div ref={place}>
      <Form action={askHere} hidden={{ id: orderId }}>
        <p className="lead">Your bank wants to know that it is you. It asks on this page.</p>
        <noscript>
          <p className="notice">
            Your bank asks by a script of Stripe, which takes the payment. Allow scripts here and
            from js.stripe.com, and load the page again.
          </p>
        </noscript>
        <div className="scripted">
          <PayBar>
            <Submit pending="Your bank is asking …">Go on confirming</Submit>
          </PayBar>
        </div>
      </Form>
    </div>
  );
}
