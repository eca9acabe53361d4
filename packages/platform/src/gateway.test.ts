import type { PaymentGateway, Table } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import { openWhenAsked } from './gateway.ts';

const parts = { clock: createTestClock(), table: () => ({}) as Table<never> };

describe('the gateway of a platform', () => {
  it('is opened once, of what the platform has, when it is first asked for', () => {
    const passed: unknown[] = [];
    const gateway = openWhenAsked((platform) => {
      passed.push(platform);
      return { testMode: true } as PaymentGateway;
    }, parts);
    expect(passed).toEqual([]);
    expect(gateway()).toBe(gateway());
    expect(passed).toEqual([parts]);
  });

  it('is missed by whoever asks for one that was not passed in', () => {
    expect(openWhenAsked(undefined, parts)).toThrow('no payment gateway');
  });
});
