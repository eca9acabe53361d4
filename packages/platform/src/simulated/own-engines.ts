import type { EventType } from '@fairseat/common/events';
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { isSameDefinition } from '../definition.ts';
import { Log, SimulatedBus } from './bus.ts';
import type { Environment } from './environment.ts';
import type { Ground, GroundPlatform } from './ground.ts';
import type { Member } from './process.ts';
import { Registries } from './registries.ts';
import { SavedRecords } from './saved-records.ts';
import { type Saved, SimulatedTable } from './table.ts';
import { Alarms, createTimers } from './timers.ts';
import type { Wire } from './wire.ts';

const FORGOTTEN_WITHIN_MS = 60_000;

/** Engines made for the simulation, each a server of its own, with the faults of all real ones. */
export class OwnEngines implements Ground {
  readonly #environment: Environment;
  readonly #wire: Wire;
  readonly #log: Log;
  /** Of each table, as each of the definitions that processes have of it sees it. */
  readonly #tables = new Map<string, SavedRecords<Stored>[]>();
  readonly #alarms = new Map<string, Alarms>();
  readonly #registries = new Registries();

  constructor(environment: Environment, wire: Wire) {
    this.#environment = environment;
    this.#wire = wire;
    this.#log = new Log(environment);
  }

  get isQuiet() {
    return this.#log.isQuiet && [...this.#alarms.values()].every((alarms) => alarms.isQuiet);
  }

  get events() {
    return this.#log.events;
  }

  deadLetters() {
    return this.#log.deadLetters;
  }

  records(table: string): ReadonlyMap<string, Stored> {
    return this.#tables.get(table)?.[0]?.all ?? new Map();
  }

  loseTimers() {
    for (const alarms of this.#alarms.values()) alarms.lose();
  }

  loseEvent(group: string, type: EventType) {
    return this.#log.group(group).lose(type);
  }

  loseBus() {
    this.#log.lose();
  }

  backUp(service: string) {
    const mark = this.#log.kept.last(service);
    const unsent = this.#log.unsentOf(service);
    const copies = [...this.#tables]
      .filter(([name]) => name.startsWith(`${service}_`))
      .flatMap(([name, [records]]) => (records ? [{ name, records, copy: records.copy() }] : []));
    return () => {
      const unsaid = this.#log.forgetUnsent(service, unsent);
      for (const { records, copy } of copies) records.putBack(copy);
      this.#log.wentBack.note(service, mark);
      // Only what the service does of its own brings back what it had handled before.
      this.#log.group(service).forgetAcknowledgements();
      this.#environment.databasePutBack(service);
      const records = Object.fromEntries(
        copies.map(({ name, copy }) => [name, copy.map(({ record }) => record)]),
      );
      const caller = { process: 'tables', story: undefined };
      this.#environment.tell(caller, { kind: 'went back', service, records, unsaid });
    };
  }

  platform(member: Member): GroundPlatform {
    this.#log.join(member);
    const { wentBack } = this.#log;
    return {
      table: (service, definition) => {
        member.services.add(service);
        const records = this.#records(service, definition);
        return new SimulatedTable(
          this.#wire,
          member,
          service,
          records,
          this.#saved(service, records),
        );
      },
      // An engine without a disk has filled what is new in the moment it hears of it.
      backfills: () => [],
      bus: new SimulatedBus(this.#wire, this.#log, member, this.#environment),
      eventLog: () => this.#log.reader,
      registry: (name) => this.#registries.of(name),
      timers: (service) => {
        member.services.add(service);
        const alarms = this.#alarms.get(service) ?? new Alarms(service, this.#environment);
        this.#alarms.set(service, alarms);
        return createTimers(this.#wire, member, service, alarms);
      },
      async start() {
        if (wentBack.concerns(member)) await wentBack.takeBack(member);
        member.start();
      },
      close: () => member.close(),
    };
  }

  #records<R extends Stored>(service: string, definition: TableDefinition<R>): SavedRecords<R> {
    const name = `${service}_${definition.name}`;
    const all = (this.#tables.get(name) ?? []) as unknown as SavedRecords<R>[];
    const known = all.find((records) => isSameDefinition(records.definition, definition));
    if (known) return known;
    const records = new SavedRecords(name, definition, all[0]);
    this.#tables.set(name, [...all, records] as unknown as SavedRecords<Stored>[]);
    return records;
  }

  /** Records each write, publishes its events and schedules its end. */
  #saved<R extends Stored>(service: string, records: SavedRecords<R>): Saved {
    const { name: table, definition } = records;
    return (caller, before, after, events) => {
      this.#environment.tell(caller, { kind: 'write', table, before, after, events });
      this.#log.relay(service, events);
      const forgetAt = definition.forgetAt?.(after as R);
      if (forgetAt !== undefined) this.#forget(records, after as R, forgetAt);
    };
  }

  #forget<R extends Stored>(records: SavedRecords<R>, record: R, forgetAt: number) {
    const { queue, scopes } = this.#environment;
    const luck = scopes.first(`${records.name} ${record.id} ${record.version} forgotten`);
    const lateMs = luck.between(0, FORGOTTEN_WITHIN_MS);
    queue.at(forgetAt + lateMs, luck.next(), () => {
      if (records.all.get(record.id) !== record) return;
      records.forget(record);
      const caller = { process: 'tables', story: undefined };
      this.#environment.tell(caller, { kind: 'forget', table: records.name, before: record });
    });
  }
}
