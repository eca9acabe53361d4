/** A service of a third party, on the published packages alone: it receives every event and publishes its own. */

import { idSchema } from '@fairseat/common/contracts/shared';
import {
  defineEvents,
  type EventType,
  eventTypes,
  type PayloadsOf,
  parseNewEvent,
} from '@fairseat/common/events';
import { createHost, createLog, defineService, readConfig } from '@fairseat/common/kit';
import type { Handlers } from '@fairseat/common/ports';
import { openEmbedded } from '@fairseat/platform/embedded';
import { z } from 'zod';

const others = eventTypes();

const auditEvents = defineEvents('auditor', {
  'audit.noted': z.object({ about: idSchema, type: z.string() }),
});
declare module '@fairseat/common/events' {
  interface EventPayloads extends PayloadsOf<typeof auditEvents> {}
}

const noted: { type: EventType; about: string }[] = [];

const auditor = defineService({
  name: 'auditor',
  prefixes: [],
  needs: [],
  publishes: auditEvents,
  hears: eventTypes(),
  build({ newId, publish }) {
    const note: Handlers[EventType] = ({ type, subject }: { type: EventType; subject: string }) =>
      publish('audit.noted', { id: newId(), version: 1 }, { about: subject, type });
    return {
      handlers: {
        ...(Object.fromEntries(others.map((type) => [type, note])) as Required<Handlers>),
        'audit.noted': async ({ data }) => {
          noted.push({ type: data.type as EventType, about: data.about });
        },
      },
    };
  },
});

const config = readConfig();
const platform = openEmbedded({ dataDir: './data' });
const { clock, newId } = platform;
const host = await createHost([auditor], {
  platform,
  config,
  log: createLog(config.logLevel),
  verifySession: async () => null,
});
await host.start();

const sessionId = newId();
const now = new Date(clock.now()).toISOString();
await platform.bus.publish(
  parseNewEvent({
    specversion: '1.0',
    id: newId(),
    source: 'auth',
    type: 'session.ended',
    subject: sessionId,
    time: now,
    version: 1,
    correlationid: newId(),
    traceparent: `00-${newId()}-${newId().slice(16)}-01`,
    data: { sessionId, expiresAt: now },
  }),
);
await platform.settled();
await host.stop();

process.stdout.write(JSON.stringify({ hears: auditor.hears, sessionId, noted }));
