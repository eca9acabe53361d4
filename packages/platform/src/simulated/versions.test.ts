import { open } from '@fairseat/test-support/rehearsal';
import { describe, expect, it } from 'vitest';

const MINUTE_MS = 60_000;

describe('versions of a group side by side', () => {
  it('leave each event to one that handles it', async () => {
    const { join, pass, of, simulation } = open();
    const knowing = async ({ platform }: Awaited<ReturnType<typeof join>>) =>
      platform.bus.consume('auth', { 'session.ended': async () => {} });
    const { write } = await join('old', async ({ platform }) =>
      platform.bus.consume('auth', { 'ticket.sold': async () => {} }),
    );
    const { process: newer } = await join('new', knowing);
    for (let n = 0; n < 20; n++) void write();
    await pass(MINUTE_MS);
    expect(of('handled').map(({ process }) => process)).toEqual(Array(20).fill('new'));
    void write();
    newer.crash();
    await pass(MINUTE_MS);
    expect(simulation.engines.events).toHaveLength(21);
    await join('new again', knowing);
    await pass(MINUTE_MS);
    expect(of('handled')).toHaveLength(21);
  });
});
