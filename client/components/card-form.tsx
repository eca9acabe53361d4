'use client';
import type { PaymentForm } from '@fairseat/common/contracts/payment-options';
import { useEffect, useRef, useState } from 'react';
import { pay } from '../lib/actions.ts';
import { type FormAction, sentAgain } from '../lib/form-state.ts';
import { type CardFields, openCardFields, tokenOf } from '../lib/stripe.ts';
import { Form, Submit } from './form.tsx';
import { PayBar } from './pay-bar.tsx';
import { ScriptTrouble } from './script-trouble.tsx';

interface Props {
  form: PaymentForm;
  orderId: string;
  price: string;
  /** Generated for each rendering: another page is another attempt to pay. */
  idempotencyKey: string;
}

const SLOW_AFTER_MS = 8000;

/** Payment by Stripe: its fields stand in a frame of its own, so that no card number passes through this page. */
export function CardForm({ form, orderId, price, idempotencyKey }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [fields, setFields] = useState<CardFields>();
  const [state, setState] = useState<'loading' | 'slow' | 'failed'>('loading');
  const [attempt, setAttempt] = useState(0);
  // Each refresh of the page brings another object of the same content.
  const options = JSON.stringify(form);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt opens the fields again.
  useEffect(() => {
    if (place.current === null) return;
    let isOver = false;
    setState('loading');
    const slow = setTimeout(setState, SLOW_AFTER_MS, 'slow');
    const opening = openCardFields(JSON.parse(options), place.current);
    opening
      .then((opened) => !isOver && setFields(opened))
      .catch(() => !isOver && setState('failed'))
      .finally(() => clearTimeout(slow));
    return () => {
      isOver = true;
      clearTimeout(slow);
      setFields(undefined);
      opening.then(({ close }) => close()).catch(() => {});
    };
  }, [options, attempt]);

  const payByCard: FormAction = async (before, data) => {
    const { token, refusal } = await tokenOf(
      fields as CardFields,
      `${location.origin}/orders/${orderId}`,
    );
    if (token === undefined) return sentAgain(before, data, { general: refusal });
    data.set('token', token);
    return pay(before, data);
  };

  return (
    <Form action={payByCard} idempotencyKey={idempotencyKey} hidden={{ id: orderId }}>
      <noscript>
        <p className="notice">
          Paying by card needs scripts: what you type goes straight to Stripe, which takes the
          payment, and never through Fairseat. Allow scripts here and from js.stripe.com, and load
          the page again.
        </p>
      </noscript>
      <div className="card-fields" ref={place} hidden={state === 'failed' && !fields} />
      {fields ? (
        <PayBar>
          <Submit pending="Paying …">{`Pay ${price}`}</Submit>
        </PayBar>
      ) : state === 'failed' ? (
        <ScriptTrouble again={() => setAttempt(attempt + 1)} />
      ) : (
        <p role="status" className="scripted">
          {state === 'slow'
            ? 'Still loading the fields for your card. If nothing comes, load the page again.'
            : 'Loading the fields for your card …'}
        </p>
      )}
    </Form>
  );
}
