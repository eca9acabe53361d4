/** What the file says of each table's definition. */
import type { Parts } from '../definition.ts';
import type { Store } from './store.ts';

/** Which parts are filled, and how far those are that are being filled. */
export interface State {
  filled: Parts;
  filling: Parts;
  /** The id up to which they are. */
  place: string;
  /** Whose values lie under the plain name of an index or the words: another's lie beside. */
  owners: Parts;
}

export const defineDefinitions = (store: Store) =>
  store.define(
    'CREATE TABLE IF NOT EXISTS definitions (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID',
  );

/** A state as text, so that it can be compared; undefined for a table that has none. */
export function keptText(store: Store, name: string) {
  const row = store.sql('SELECT state FROM definitions WHERE name = ?').get(name);
  return (row as { state: string } | undefined)?.state;
}

export const keptState = (store: Store, name: string): State | null =>
  JSON.parse(keptText(store, name) ?? 'null');
