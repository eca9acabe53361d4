/** The generated reference: docs/reference. `npm run check` says when it is stale. */
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { defineEvents } from '@fairseat/common/events';
import { defineService } from '@fairseat/common/kit';
import { createServices } from '@fairseat/marketplace/services';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { generate, undescribed } from '../../scripts/docs/generate.ts';

const root = join(import.meta.dirname, '../..');

it('is the same to the byte each time', async () => {
  expect(await generate(root, createServices())).toEqual(await generate(root, createServices()));
});

it('has an AsyncAPI document that its own parser takes', async () => {
  const files = await generate(root, createServices());
  const document = files['docs/reference/asyncapi.json'] ?? '';
  expect(JSON.parse(document)).toMatchObject({ asyncapi: '3.1.0' });
  expect(await new Parser().validate(document)).toEqual([]);
});

it('records every journey, and shows each event of Fairseat that one of them has', async () => {
  const files = await generate(root, createServices());
  const seen = (name: string) => files[`docs/reference/flows/${name}.md`] ?? '';
  expect(seen('purchase')).toMatch(/charge\.authorized.*order\.secured.*ticket\.sold/s);
  expect(seen('decline')).toMatch(/402 payment_declined.*ticket\.released/s);
  expect(seen('expiry')).toMatch(/15 minutes pass.*an alarm rings.*ticket\.released/s);
  expect(seen('race-lost')).toMatch(/409 ticket_reserved.*201 awaiting_payment/s);
  expect(seen('price-changed')).toMatch(/ticket\.updated.*409 price_changed/s);
  expect(seen('lock-refused')).toMatch(/ticket\.refused.*order\.cancelled/s);
  expect(seen('late-payment')).toMatch(/order\.cancelled.*cancel, which answers cancelled/s);
  expect(seen('3-d-secure')).toMatch(/requires_action.*200 completed/s);
  expect(seen('refund')).toMatch(/order\.cancelled.*charge\.refunded/s);
  expect(seen('restore')).toMatch(/goes back to a backup.*order\.completed/s);
});

it('has an event that is new on all pages, with nothing written by hand', async () => {
  const auditEvents = defineEvents('audit', {
    'audit.closed': z.object({ id: z.string() }).describe('The books of a day are closed.'),
  });
  const audit = defineService({
    name: 'audit',
    prefixes: [],
    needs: [],
    publishes: auditEvents as never,
    hears: ['order.completed'],
    build: () => ({ handlers: { 'order.completed': async () => {} } }),
  });
  expect(undescribed()).toEqual([
    "audit.closed: data.id has no description. Say what it is: .describe('…').",
  ]);
  const files = await generate(root, [...createServices(), audit]);
  const names = Object.keys(files).filter((path) => path.includes('audit'));
  expect(names).toEqual([
    'docs/reference/events/audit.closed.md',
    'docs/reference/services/audit.md',
    'docs/reference/schemas/audit.closed.json',
  ]);
  for (const path of ['README.md', 'asyncapi.json', 'services/audit.md']) {
    expect(files[`docs/reference/${path}`]).toContain('audit.closed');
  }
  expect(files['docs/reference/events/order.completed.md']).toContain('[audit]');
});
