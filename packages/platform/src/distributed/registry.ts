import { VersionConflict } from '@fairseat/common/errors';
import type { Entry, Registry } from '@fairseat/common/ports';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { onceDone } from './engine.ts';
import type { Nats } from './nats.ts';
import { inNamespace } from './streams.ts';

/** Documents in a bucket of NATS. */
export function createRegistry(
  nats: Nats,
  name: string,
  { namespace, replicas }: { namespace: string | undefined; replicas: number },
): Registry {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const bucket = onceDone(() =>
    nats.asking(({ streams }) =>
      new Kvm(streams).create(inNamespace(namespace, '_', name), { history: 1, replicas }),
    ),
  );
  const watching = onceDone(async () => {
    const changes = await (await bucket()).watch({ ignoreDeletes: false });
    void (async () => {
      for await (const _ of changes) tell();
    })();
  });
  nats.onReconnect(tell);

  const asking = async <T>(ask: (kv: KV) => Promise<T>): Promise<T> => {
    const kv = await bucket();
    return nats.asking(() => ask(kv));
  };
  const write = (act: (kv: KV) => Promise<number>) =>
    asking(act).catch((error: Error) => {
      if (!isOther(error.cause)) throw error;
      throw new VersionConflict(`${name} was written meanwhile`, { cause: error });
    });

  return {
    list: () =>
      asking(async (kv) => {
        const entries: Entry[] = [];
        for await (const entry of await kv.history()) {
          if (entry.operation !== 'PUT') continue;
          entries.push({ key: entry.key, value: entry.json(), revision: entry.revision });
        }
        return entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      }),
    put: (key, value, revision) =>
      write((kv) =>
        revision === 0
          ? kv.create(key, JSON.stringify(value))
          : kv.update(key, JSON.stringify(value), revision),
      ),
    remove: (key) => asking((kv) => kv.delete(key)),
    watch(listener) {
      listeners.add(listener);
      watching().catch(() => {});
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

const isOther = (error: unknown) =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;
