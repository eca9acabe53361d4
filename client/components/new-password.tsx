'use client';
import { useState } from 'react';
import { Field, useRejection } from './form.tsx';

const LEAST = 8;
const RECOMMENDED = 15;

/** The field of a new password, with a meter of its length, since length protects where rules of composition do not. */
export function NewPassword() {
  // After a rejection the field begins anew, and so does its meter.
  return <Metered key={useRejection()?.attempt} />;
}

function Metered() {
  const [length, setLength] = useState(0);
  return (
    <Field
      name="password"
      label="Password"
      type="password"
      autoComplete="new-password"
      onInput={({ currentTarget }) => setLength([...currentTarget.value].length)}
      hint={
        <>
          <span>
            {`${LEAST} to 128 characters. ${RECOMMENDED} or more are far harder to guess: four words, for example.`}
          </span>
          {length > 0 && (
            <meter
              // The text below says the same.
              aria-hidden="true"
              min={0}
              low={LEAST}
              high={RECOMMENDED - 1}
              optimum={RECOMMENDED}
              max={RECOMMENDED}
              value={Math.min(length, RECOMMENDED)}
            />
          )}
          <span role="status">{verdict(length)}</span>
        </>
      }
    />
  );
}

function verdict(length: number): string {
  if (length === 0) return '';
  if (length < LEAST) return 'Too short yet';
  return length < RECOMMENDED ? 'Long enough; longer is better' : 'A good length';
}
