import type { Platform, Stored } from '@fairseat/common/ports';
import { openEmbedded } from '../embedded/index.ts';
import { Disk } from './disk.ts';
import { Disturbance } from './disturbance.ts';
import type { Environment } from './environment.ts';
import type { Ground, GroundPlatform } from './ground.ts';
import type { Member } from './process.ts';
import { Registries } from './registries.ts';
import { Tap } from './tap.ts';
import { type Saved, Told } from './told.ts';

/** Small, so that records are often read from the disk. */
const MOST_CACHED = 100;

/** The longest back-off, in multiples of the usual one, so that more events overtake a parked one. */
const LONGEST_BACKOFF = 50;

/**
 * The real embedded platform, on a simulated disk and in virtual time. Its history is read from the rows that SQLite
 * has saved. Only happenings that leave no row, such as the call of a handler, are recorded by `Tap`.
 */
export class EmbeddedEngines implements Ground {
  readonly #environment: Environment;
  readonly #disk: Disk;
  readonly #told = new Told();
  readonly #registry = new Registries();

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#disk = new Disk(environment);
  }

  get isQuiet() {
    return this.#told.isQuiet(this.#environment.queue.nowMs);
  }

  get events() {
    return this.#told.events;
  }

  deadLetters() {
    return this.#told.deadLetters;
  }

  records(table: string): ReadonlyMap<string, Stored> {
    return this.#told.records.get(table) ?? new Map();
  }

  loseTimers(): never {
    throw new Error('Alarms are saved with the records here: neither is lost alone.');
  }

  loseEvent(): never {
    throw new Error('Events are saved with the records here: neither is lost alone.');
  }

  loseBus(): never {
    throw new Error('The log is in the file of the records here: neither is lost alone.');
  }

  backUp(): never {
    throw new Error('The records of all services are in one file here: none goes back alone.');
  }

  platform(member: Member, own: Pick<Platform, 'clock' | 'newId'>): GroundPlatform {
    const { timing, scopes } = this.#environment;
    const drive = this.#disk.open(member, (saved) => this.#tell(member, saved));
    const embedded = openEmbedded({
      ...own,
      ...timing,
      backoffMs: timing.backoffMs * scopes.first('back-off').between(1, LONGEST_BACKOFF),
      cachedRecords: scopes.first('cache').between(1, MOST_CACHED),
      dataDir: '',
      open: () => drive.file,
      nextTurn: () => this.#nextTurn(member),
      onError: (message, error) => {
        const happening = { kind: 'error', message, reason: String(error) } as const;
        drive.note({ happening, story: undefined });
      },
    });
    const tap = new Tap(this.#told, drive, new Disturbance(member, drive, this.#environment));
    return {
      table: (service, definition) =>
        tap.table(`${service}_${definition.name}`, embedded.table(service, definition)),
      backfills: () => embedded.backfills(),
      bus: tap.bus(embedded.bus),
      eventLog: () => embedded.eventLog(),
      registry: (name) => this.#registry.of(name),
      timers: (service) => tap.timers(service, embedded.timers(service)),
      async start() {
        member.start();
        await embedded.start();
      },
      async close() {
        await embedded.close();
        await member.close();
      },
    };
  }

  /** Draws when the next commit begins; writes until then share it. */
  #nextTurn(member: Member): Promise<void> {
    const luck = this.#environment.scopes.of(`turns of ${member.name}`).next();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#environment.after(this.#environment.tripMs(luck), luck, () =>
      member.whenAwake(() => {
        if (member.isAlive) resolve();
      }),
    );
    return promise;
  }

  /** Rethrows a listener's error from the queue: here it would be thrown inside the platform. */
  #tell({ name: process }: Member, saved: Saved) {
    const { queue } = this.#environment;
    try {
      for (const { happening, story } of this.#told.take(saved)) {
        this.#environment.tell({ process, story }, happening);
      }
    } catch (error) {
      queue.at(queue.nowMs, 0, () => {
        throw error;
      });
    }
  }
}
