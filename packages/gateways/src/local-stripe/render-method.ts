/** Payment methods in Stripe's shape: by themselves, sent ahead, and as part of a charge. */
import type { Charge, Json, Method } from './model.ts';
import { behaviourOf, cardOf } from './test-methods.ts';

export const seconds = (ms: number) => Math.floor(ms / 1000);

export const common = (object: string, { id, created }: { id: string; created: number }) => ({
  id,
  object,
  created: seconds(created),
  livemode: false,
});

export const billing = {
  address: {
    city: null,
    country: null,
    line1: null,
    line2: null,
    postal_code: null,
    state: null,
  },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};

export function renderMethod(method: Method, created: number): Json {
  return {
    ...common('payment_method', { id: method.id, created }),
    allow_redisplay: 'unspecified',
    customer: null,
    metadata: {},
    ...previewOf(method),
  };
}

/** What a method shows of itself before it is one. */
export function previewOf(method: Method): Json {
  const behaviour = behaviourOf(method);
  const card = {
    ...cardOf(behaviour),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    display_brand: behaviour.brand,
    generated_from: null,
    networks: { available: [behaviour.brand], preferred: null },
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
  const details: Record<string, Json> = {
    card,
    ideal: { bank: null, bic: null },
    us_bank_account: {
      ...bankAccount,
      financial_connections_account: null,
      networks: { preferred: 'ach', supported: ['ach'] },
      status_details: {},
    },
  };
  const { type } = behaviour;
  return { type, billing_details: billing, [type]: details[type] };
}

const bankAccount = {
  account_holder_type: 'individual',
  account_type: 'checking',
  bank_name: 'STRIPE TEST BANK',
  fingerprint: 'local6789',
  last4: '6789',
  routing_number: '110000000',
};

export function chargedWith(charge: Charge): Json {
  const behaviour = behaviourOf(charge.method);
  const { type } = behaviour;
  const card = {
    ...cardOf(behaviour),
    amount_authorized: charge.status === 'failed' ? null : charge.amount,
    ...(charge.captureBefore !== null && { capture_before: seconds(charge.captureBefore) }),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    installments: null,
    mandate: null,
    network: behaviour.brand,
    three_d_secure: null,
    wallet: null,
  };
  const details: Record<string, Json> = {
    card,
    ideal: { bank: null, bic: null, iban_last4: null, verified_name: null },
    us_bank_account: { ...bankAccount, payment_reference: null },
  };
  return { type, [type]: details[type] };
}
