import { VersionConflict } from '@fairseat/common/errors';
import type { Entry, Registry } from '@fairseat/common/ports';

/** The documents that all processes share, without any fault. */
export class Registries {
  readonly #names = new Map<string, Registry>();
  #last = 0;

  of(name: string): Registry {
    const registry = this.#names.get(name) ?? this.#create();
    this.#names.set(name, registry);
    return registry;
  }

  #create(): Registry {
    const entries = new Map<string, Entry>();
    const watchers = new Set<() => void>();
    const tell = () => {
      for (const watcher of watchers) watcher();
    };
    return {
      list: async () => [...entries.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      put: async (key, value, revision) => {
        if ((entries.get(key)?.revision ?? 0) !== revision) throw new VersionConflict(key);
        this.#last += 1;
        entries.set(key, { key, value: structuredClone(value), revision: this.#last });
        tell();
        return this.#last;
      },
      remove: async (key) => {
        entries.delete(key);
        tell();
      },
      watch: (listener) => {
        watchers.add(listener);
        return () => {
          watchers.delete(listener);
        };
      },
    };
  }
}
