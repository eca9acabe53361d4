/** Who delivers, where several processes could. */

import { VersionConflict } from '@fairseat/common/errors';
import { createLog } from '@fairseat/common/kit';
import type { Entry, EventLog, LoggedEvent, Registry } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { turns } from '@fairseat/test-support/interleaving';
import { describe, expect, it } from 'vitest';
import { Deliveries } from './deliveries.ts';
import { addEndpoint } from './endpoints.ts';
import { Tail } from './tail.ts';

/** One registry and one log, which all processes share. */
function shared() {
  const entries = new Map<string, Entry>();
  const watchers = new Set<() => void>();
  const logged: LoggedEvent[] = [];
  let last = 0;
  const tell = () => {
    for (const watcher of watchers) watcher();
  };
  const registry: Registry = {
    list: async () => [...entries.values()],
    async put(key, value, revision) {
      if ((entries.get(key)?.revision ?? 0) !== revision) throw new VersionConflict(key);
      last += 1;
      entries.set(key, { key, value, revision: last });
      tell();
      return last;
    },
    async remove(key) {
      entries.delete(key);
      tell();
    },
    watch(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
  };
  const log: EventLog = {
    read: async (after, limit) => logged.slice(Number(after), Number(after) + limit),
    ends: async () => ({ oldest: '0', newest: String(logged.length) }),
    onMore: () => () => {},
  };
  const publish = () => {
    const id = String(logged.length + 1).padStart(32, '0');
    const envelope = { specversion: '1.0', id, source: 'expiration', type: 'expiration.elapsed' };
    const traceparent = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`;
    const rest = { subject: id, time: new Date(0).toISOString(), version: 1, correlationid: id };
    const event = { ...envelope, ...rest, traceparent, data: { orderId: id } };
    logged.push({ cursor: String(logged.length + 1), event });
    return id;
  };
  return { registry, log, publish };
}

function process(name: string, { registry, log }: ReturnType<typeof shared>, sent: string[]) {
  const clock = createTestClock();
  const options = { clock, origin: 'https://tickets.example', onError: () => {} };
  const deliveries = new Deliveries({
    ...{ registry, log, clock, newId: () => name, logger: createLog('silent') },
    tail: new Tail({ log, ...options }),
    post: async (_url, { id }) => {
      sent.push(`${name} ${id}`);
      return 200;
    },
    trouble() {},
  });
  const stopping = new AbortController();
  const running = deliveries.run(stopping.signal);
  return {
    clock,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

describe('several processes', () => {
  it('deliver each event once: one of them does, and another when that one has stopped', async () => {
    const common = shared();
    const sent: string[] = [];
    const now = new Date().toISOString();
    const shop = { name: 'shop', url: 'https://shop.example', types: '*', now };
    await addEndpoint(common.registry, shop);
    const [first, second] = [process('first', common, sent), process('second', common, sent)];
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 250) {
        for (const { clock } of [first, second]) clock.advance(250);
        await turns(2);
      }
    };
    await pass(1000);
    const ids = [common.publish(), common.publish()];
    await pass(20_000);
    const [who] = (sent[0] ?? '').split(' ');
    expect(sent).toEqual(ids.map((id) => `${who} ${id}`));
    await (who === 'first' ? first : second).stop();
    const later = common.publish();
    await pass(1000);
    expect(sent.slice(2)).toEqual([`${who === 'first' ? 'second' : 'first'} ${later}`]);
    await Promise.all([first.stop(), second.stop()]);
  });
});
