import { createHash, randomBytes } from 'node:crypto';
import type { Entry, Registry } from '@fairseat/common/ports';
import { type Scope, scopeOf } from './scope.ts';

const PREFIX = 'key.';
const SECRET_BYTES = 32;

/** As it is kept: nobody can make the key from it. */
interface KeptKey {
  name: string;
  types: string;
  /** ISO 8601. */
  createdAt: string;
}

export interface Key {
  name: string;
  scope: Scope;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
const isKey = ({ key }: Entry) => key.startsWith(PREFIX);

/** Those that there are, by name. */
export async function listKeys(registry: Registry): Promise<KeptKey[]> {
  const kept = (await registry.list()).filter(isKey).map(({ value }) => value as KeptKey);
  return kept.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Makes a key. Answers it, which nothing else ever shows; undefined when the name is taken. */
export async function addKey(registry: Registry, key: KeptKey): Promise<string | undefined> {
  if ((await listKeys(registry)).some(({ name }) => name === key.name)) return undefined;
  const secret = `fsk_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  await registry.put(PREFIX + hashOf(secret), key, 0);
  return secret;
}

/** Ends a key. Answers whether there was one. */
export async function endKey(registry: Registry, name: string): Promise<boolean> {
  const ended = (await registry.list()).filter(
    (entry) => isKey(entry) && (entry.value as KeptKey).name === name,
  );
  for (const { key } of ended) await registry.remove(key);
  return ended.length > 0;
}

/** The keys of this moment, as the registry tells of them. */
export class Keys {
  readonly #registry: Registry;
  readonly #onEnded: (isEnded: (key: Key) => boolean) => void;
  readonly #stopWatching: () => void;
  #byHash = new Map<string, Key>();
  #loading: Promise<void> | undefined;

  /** `onEnded` is called after each change. */
  constructor(registry: Registry, onEnded: (isEnded: (key: Key) => boolean) => void) {
    this.#registry = registry;
    this.#onEnded = onEnded;
    // Where the registry cannot be read now, the next request or change reads it.
    this.#stopWatching = registry.watch(() => void this.#load().catch(() => {}));
  }

  close() {
    this.#stopWatching();
  }

  /** The key with this secret. @throws Unavailable */
  async find(secret: string): Promise<Key | undefined> {
    const hash = hashOf(secret);
    if (!this.#byHash.has(hash)) await this.#load();
    return this.#byHash.get(hash);
  }

  /** Requests with unknown keys share one look. */
  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read() {
    const before = this.#byHash;
    const entries = (await this.#registry.list()).filter(isKey);
    const kept = entries.map(({ key, value }) => {
      const hash = key.slice(PREFIX.length);
      const { name, types } = value as KeptKey;
      return [hash, before.get(hash) ?? { name, scope: scopeOf(types) }] as const;
    });
    this.#byHash = new Map(kept);
    const valid = new Set(this.#byHash.values());
    this.#onEnded((key) => !valid.has(key));
  }
}
