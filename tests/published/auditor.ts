/** A service of somebody else's, written against nothing but the published packages: it hears and keeps every event. */
import { type AnyEvent, eventTypes, parseEvent } from '@fairseat/common/events';
import type { Handlers } from '@fairseat/common/ports';
import { openEmbedded } from '@fairseat/platform/embedded';

const platform = openEmbedded({ dataDir: './data' });
const { clock, newId } = platform;

const kept: AnyEvent[] = [];
const keep = async (event: AnyEvent) => {
  kept.push(event);
};
const handlers: Handlers = Object.fromEntries(eventTypes.map((type) => [type, keep]));
platform.bus.consume('auditor', handlers);
await platform.start();

const sessionId = newId();
const now = new Date(clock.now()).toISOString();
await platform.bus.publish(
  parseEvent({
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
await platform.close();

const heard = kept.map(({ type, subject }) => ({ type, subject }));
process.stdout.write(JSON.stringify({ listensTo: Object.keys(handlers), sessionId, heard }));
