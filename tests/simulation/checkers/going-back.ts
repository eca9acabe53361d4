/**
 * Checks databases that go back in time. A restore may undo what only that database knew: versions whose events were
 * never sent, and records that are not published. Whatever was published stands, as a version that nobody has seen.
 */
import type { Stored } from '@fairseat/common/contracts/shared';
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';
import type { Ledger, Write } from './ledger.ts';
import { must } from './violation.ts';

type WentBack = Extract<Entry, { kind: 'went back' }>;

/** By service: the table of its own records, which it publishes. */
const PUBLISHED: Record<string, string> = {
  tickets: 'tickets_tickets',
  orders: 'orders_orders',
  payments: 'payments_payments',
};

interface Owed {
  /** As it was published. */
  record: Stored;
  /** As the database has it. */
  kept: Stored | undefined;
}

export class GoingBack {
  readonly #ledger: Ledger;
  /** By record: its versions, and of those that were published also the event. */
  readonly #versions = new Map<
    string,
    Map<number, { record: Stored; eventId: string | undefined }>
  >();
  /** By record: what was published and is yet to be taken back. */
  readonly #owed = new Map<string, Owed>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A line for each record that was not taken back. */
  unrest = () => [...this.#owed.keys()].map((name) => `${name} was not taken back`);

  /** True for money of a charge that was under way, which only a person can find: at the gateway. */
  mayBe(line: string): boolean {
    const [, id = ''] = /^payment (\w+) took money that nobody knows of$/.exec(line) ?? [];
    const orderId = this.#ledger.orderOfPayment.get(id);
    return this.#ledger.undone.has(`payments_payments ${orderId}`);
  }

  /** The write as it is to be judged: one that takes a record back follows upon what was published. @throws Violation */
  judged(write: Write): Write {
    const { table, after, events } = write;
    if (!Object.values(PUBLISHED).includes(table)) return write;
    const name = `${table} ${after.id}`;
    const owed = this.#owed.get(name);
    const versions = this.#versions.get(name) ?? new Map();
    this.#versions.set(name, versions);
    versions.set(after.version, { record: after, eventId: events[0]?.id });
    if (owed === undefined) return write;
    const isNew = after.version > owed.record.version;
    const message = () => `${name} is ${after.version}, ${owed.record.version} was said`;
    must('versions never repeat', isNew, message);
    this.#owed.delete(name);
    return { ...write, before: { ...before(owed), version: after.version - 1 } };
  }

  wentBack({ service, records, unsaid, atMs }: WentBack) {
    const ledger = this.#ledger;
    for (const { id } of unsaid) ledger.said.delete(id);
    const unsaidIds = new Set(unsaid.map(({ id }) => id));
    if (service === 'auth') ledger.usersWentBack(records['auth_users'] ?? []);
    if (service === 'auth')
      for (const { subject } of unsaid) ledger.undone.set(`auth_ended_sessions ${subject}`, atMs);
    if (service === 'orders') ledger.listingsWentBack(records['orders_listings'] ?? []);
    const table = PUBLISHED[service];
    if (table === undefined) return;
    const kept = new Map((records[table] ?? []).map((record) => [record.id, record]));
    for (const { id, version } of ledger.all(table)) {
      const name = `${table} ${id}`;
      const said = this.#lastSaid(name, unsaidIds);
      const row = kept.get(id);
      const record = said && said.version > (row?.version ?? 0) ? said : row;
      if (record !== row && record) this.#owed.set(name, { record, kept: row });
      else this.#owed.delete(name);
      if (record?.version !== row?.version || version !== row?.version) ledger.touched.add(id);
      if (record?.version === version) continue;
      ledger.undone.set(name, atMs);
      ledger.setBack(table, id, record);
    }
  }

  #lastSaid(name: string, unsaid: ReadonlySet<string>): Stored | undefined {
    const versions = [...(this.#versions.get(name)?.values() ?? [])];
    return versions
      .filter(({ eventId }) => eventId !== undefined && !unsaid.has(eventId))
      .map(({ record }) => record)
      .reduce<Stored | undefined>((a, b) => (a && a.version > b.version ? a : b), undefined);
  }
}

/** The order and the requests of a payment are not published with it: those are as the database has them. */
function before({ record, kept }: Owed): Stored {
  if (!('charge' in record)) return record;
  const { order = null, charge = null } = (kept as StoredPayment | undefined) ?? {};
  const { charge: published } = record as StoredPayment;
  const requests = charge?.requests ?? [];
  return { ...record, order, charge: published && { ...published, requests } } as Stored;
}
