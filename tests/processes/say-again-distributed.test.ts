import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { openDistributed } from '@fairseat/platform/distributed';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { Caller, runProgram, startProgram } from '@fairseat/test-support/process';
import { describe, expect, inject, it } from 'vitest';

const TICKETS = 60;
const listing = { title: 'A seat', price: 4990 };

describe('npm run say-again, of a service that is a process of its own', () => {
  it('has it publish every state again while it runs', async () => {
    const servers = inject('servers');
    const namespace = newNamespace();
    const engines = {
      MONGODB_URL: servers.mongodbUrl,
      NATS_URL: servers.natsUrl,
      REDIS_URL: servers.redisUrl,
      NAMESPACE: namespace,
    };
    const fairseat = await startProgram('infra/distributed/main.ts', engines, {
      flags: ['--api-only'],
    });
    const listener = openDistributed({ ...servers, namespace });
    try {
      const seller = await new Caller(fairseat.url ?? '').signUp('seller@example.com');
      const ids: string[] = [];
      while (ids.length < TICKETS) {
        const key = { 'idempotency-key': `seat ${ids.length}` };
        const reply = await seller.send<TicketRecord>('POST', '/api/tickets', listing, key);
        if (reply?.status === 201) ids.push(reply.body.id);
      }
      const heard = new Map<string, number>();
      const everyOne = Promise.withResolvers<void>();
      listener.bus.watch(({ type, subject, version }) => {
        if (type !== 'ticket.updated') return;
        heard.set(subject, version);
        if (heard.size === TICKETS) everyOne.resolve();
      });
      await listener.start();
      const env = { ...engines, PLATFORM: 'distributed', SESSION_KEY_FILE: 'unused' };
      const main = 'services/marketplace/say-again.ts';
      const { lines, errors, code } = await runProgram(main, env, ['tickets']);
      expect({ line: lines.at(-1), errors, code }).toEqual({
        line: `tickets: ${TICKETS} records looked at, ${TICKETS} said again, all done`,
        errors: [],
        code: 0,
      });
      await everyOne.promise;
      expect(heard).toEqual(new Map(ids.map((id) => [id, 2])));
    } finally {
      await listener.close();
      await fairseat.end('SIGTERM');
      await removeNamespace(servers, namespace);
    }
  });
});
