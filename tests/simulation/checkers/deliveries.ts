/** Checks that each event reaches each group that has a version for it, and that a service added later knows everything. */
import type { AnyEvent } from '@fairseat/common/events';
import { createServices } from '@fairseat/marketplace/services';
import type { Entry } from '@fairseat/platform/simulated';
import { MORE } from '../next-version.ts';
import { type Plan, SERVICES } from '../plan.ts';
import type { Ledger } from './ledger.ts';

const services = createServices().filter(({ name }) => SERVICES.includes(name));

/** All that a service of today handles; those with routes also hear of sessions that end. */
const heardBy = new Map(
  services.map(({ name, hears, prefixes }) => [
    name,
    new Set<string>([...hears, ...(prefixes.length > 0 ? ['session.ended'] : [])]),
  ]),
);

export class Deliveries {
  readonly #ledger: Ledger;
  /** Services that run in their next version in the end: from its first event on, that must have all of them. */
  readonly #willHearMore: ReadonlySet<string>;
  /** By event and group: what is yet to be handled. */
  readonly #open = new Map<string, { event: AnyEvent; group: string }>();
  readonly #hearMore = new Set<string>();
  readonly #copies = new Map<string, number>();
  #hasArchive = false;

  constructor(plan: Plan, ledger: Ledger) {
    this.#ledger = ledger;
    const last = plan.faults.filter(({ kind }) => kind === 'version').at(-1);
    const isUp = last?.kind === 'version' && last.version === 2;
    this.#willHearMore = new Set(isUp ? [last.service] : []);
  }

  heard(entry: Entry): void {
    if (entry.kind === 'write') {
      for (const event of entry.events) this.#expect(event);
      if (entry.table.startsWith('archive_')) this.#copies.set(entry.after.id, entry.after.version);
    } else if (entry.kind === 'publish') this.#expect(entry.event);
    else if (entry.kind === 'handled') this.#handled(entry.event, entry.group);
    else if (entry.kind === 'went back') {
      for (const { id } of entry.unsaid) this.#forget(({ event }) => event.id === id);
    } else if (entry.kind === 'start' && entry.process === 'archive 1') this.#hasArchive = true;
    else if (entry.kind === 'fault' && entry.what === 'bus lost') this.#open.clear();
    else if (entry.kind === 'fault' && entry.what === 'lost for good') {
      this.#forget(
        ({ event, group }) =>
          event.correlationid === entry.story && entry.where === `${event.type} for ${group}`,
      );
    }
  }

  /** A line for each event that a group did not handle, and for each record that the archive does not know. */
  unrest(): string[] {
    const unheard = [...this.#open.values()].map(
      ({ event, group }) => `${event.type} of ${event.subject} was never handled by ${group}`,
    );
    return [...unheard, ...this.#unknown()];
  }

  #unknown(): string[] {
    if (!this.#hasArchive) return [];
    const records = [...this.#ledger.tickets.values(), ...this.#ledger.orders.values()];
    return records.flatMap(({ id, version }) =>
      this.#copies.get(id) === version
        ? []
        : [`record ${id} is ${this.#copies.get(id)} in the archive`],
    );
  }

  #handled(event: AnyEvent, group: string) {
    this.#open.delete(`${event.id} ${group}`);
    const isMore = MORE[group] === event.type && this.#willHearMore.has(group);
    if (isMore) this.#hearMore.add(group);
  }

  #expect(event: AnyEvent) {
    for (const { name: group } of services) {
      const isMore = MORE[group] === event.type && this.#hearMore.has(group);
      if (!heardBy.get(group)?.has(event.type) && !isMore) continue;
      this.#open.set(`${event.id} ${group}`, { event, group });
    }
  }

  #forget(which: (open: { event: AnyEvent; group: string }) => boolean) {
    for (const [name, open] of this.#open) if (which(open)) this.#open.delete(name);
  }
}
