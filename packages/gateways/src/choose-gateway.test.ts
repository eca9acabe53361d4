import { readConfig } from '@fairseat/common/kit';
import type { Table } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import { chooseGateway } from './choose-gateway.ts';

describe('the gateway without any setting', () => {
  const opened: string[] = [];
  const gateway = chooseGateway(readConfig({}))({
    clock: createTestClock(),
    table: (service, { name }) => {
      opened.push(`${service} ${name}`);
      return {} as Table<never>;
    },
  });

  it('moves no money', () => {
    expect(gateway.testMode).toBe(true);
  });

  it('keeps its payments where those that are stored already lie', () => {
    expect(opened).toEqual(['test_gateway payments']);
  });
});
