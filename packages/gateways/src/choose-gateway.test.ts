import { ConfigError, readConfig } from '@fairseat/common/kit';
import type { PaymentGateway, Table } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import { chooseGateway } from './choose-gateway.ts';

const PUBLIC = 'https://tickets.example';
const HERE = 'http://localhost:3000';

const TEST = { STRIPE_SECRET_KEY: 'sk_test_1', PUBLIC_ORIGIN: HERE };
const LIVE = {
  ...{ STRIPE_SECRET_KEY: 'rk_live_1', STRIPE_PUBLISHABLE_KEY: 'pk_live_1' },
  ...{ STRIPE_WEBHOOK_SECRETS: 'whsec_1,whsec_2', PUBLIC_ORIGIN: PUBLIC },
};

function chosen(env: Record<string, string>) {
  const opened: string[] = [];
  const warnings: string[] = [];
  const open = chooseGateway(readConfig(env), (line) => warnings.push(line));
  const gateway: PaymentGateway = open({
    clock: createTestClock(),
    table: (service, { name }) => {
      opened.push(`${service} ${name}`);
      return {} as Table<never>;
    },
  });
  return { gateway, opened, warnings };
}

describe('the gateway without any setting', () => {
  const { gateway, opened, warnings } = chosen({});

  it('moves no money', () => {
    expect(gateway).toMatchObject({ testMode: true, name: 'test' });
    expect(gateway.verify).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('keeps its payments where those that are stored already lie', () => {
    expect(opened).toEqual(['test_gateway payments']);
  });
});

describe('the gateway with a key to Stripe', () => {
  it('moves money when the key is live', () => {
    const { gateway, warnings } = chosen(LIVE);
    expect(gateway).toMatchObject({ testMode: false, name: 'stripe' });
    expect(gateway.form?.({ amount: 1, currency: 'usd' }).publishableKey).toBe('pk_live_1');
    expect(gateway.verify).toBeDefined();
    expect(warnings).toEqual([]);
  });

  it('moves none in test mode', () => {
    expect(chosen(TEST).gateway).toMatchObject({ testMode: true, name: 'stripe' });
    expect(chosen(TEST).gateway.form).toBeUndefined();
  });

  it('is not told how payments stand without a webhook, and says so', () => {
    const { gateway, warnings } = chosen(TEST);
    expect(gateway.verify).toBeUndefined();
    expect(warnings.join()).toMatch(/^STRIPE_WEBHOOK_SECRETS is not set/);
  });
});

describe('payments that move no money', () => {
  it.each([
    ['http', { PUBLIC_ORIGIN: 'http://tickets.example' }],
    ['this machine', { PUBLIC_ORIGIN: 'https://localhost:8443' }],
    ['this machine', { ...TEST, PUBLIC_ORIGIN: 'https://127.0.0.1' }],
    ['all, if that is meant', { PUBLIC_ORIGIN: PUBLIC, ALLOW_TEST_PAYMENTS: 'on' }],
    ['all, if that is meant', { ...TEST, PUBLIC_ORIGIN: PUBLIC, ALLOW_TEST_PAYMENTS: 'on' }],
  ])('buy tickets on %s: %j', (_, env) => {
    expect(chosen(env).gateway.testMode).toBe(true);
  });

  it.each([{}, { STRIPE_SECRET_KEY: 'sk_test_1' }])('do not on https: %j', (env) => {
    expect(() => chosen({ ...env, PUBLIC_ORIGIN: PUBLIC })).toThrow(
      /no money would move at https:\/\/tickets.example: .* ALLOW_TEST_PAYMENTS=on/,
    );
  });
});

describe('settings that contradict each other', () => {
  it.each([
    [
      { ...LIVE, STRIPE_PUBLISHABLE_KEY: 'pk_test_1' },
      /SECRET_KEY is live and .*PUBLISHABLE_KEY is of test/,
    ],
    [
      { ...TEST, STRIPE_PUBLISHABLE_KEY: 'pk_live_1' },
      /PUBLISHABLE_KEY is live and .*SECRET_KEY is of test/,
    ],
    [
      { ...LIVE, STRIPE_PUBLISHABLE_KEY: '' },
      /STRIPE_PUBLISHABLE_KEY is not set, and nobody could pay/,
    ],
    [{ STRIPE_PUBLISHABLE_KEY: 'pk_live_1' }, /STRIPE_SECRET_KEY is not set, while other keys/],
    [{ STRIPE_WEBHOOK_SECRETS: 'whsec_1' }, /STRIPE_SECRET_KEY is not set, while other keys/],
    [{ ...TEST, PUBLIC_ORIGIN: '' }, /PUBLIC_ORIGIN is not set/],
  ])('stop the start, and no key is shown: %j', (env, line) => {
    const start = () => chosen(env);
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(line);
    expect(start).not.toThrow(/(live|test)_1|whsec_/);
  });
});
