'use client';

/** Shown when Stripe's script, or what it shows, does not load: blocked, or no connection. */
export function ScriptTrouble({ again }: { again: () => void }) {
  return (
    <>
      <p role="alert" className="notice notice-wrong">
        Stripe, which takes the payment, cannot be reached from this browser. Nothing was paid, and
        the ticket is still held for you. Check the connection; if something blocks scripts, let it
        allow js.stripe.com.
      </p>
      <button type="button" className="button button-primary" onClick={again}>
        Try again
      </button>
    </>
  );
}
