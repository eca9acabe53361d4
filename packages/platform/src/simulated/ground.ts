import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { DeadLetter, Platform, Stored } from '@fairseat/common/ports';
import type { Member } from './process.ts';

/** The stored state below all services, read without any fault. */
export interface Engines {
  /** Returns the records of the table `${service}_${name}`, by id. */
  records(table: string): ReadonlyMap<string, Stored>;
  /** The events that groups have given up on. */
  deadLetters(): DeadLetter[];
  /** Every event on the bus, in the order they came to it. */
  readonly events: readonly AnyEvent[];
}

export type GroundPlatform = Pick<
  Platform,
  'table' | 'backfills' | 'bus' | 'eventLog' | 'registry' | 'timers' | 'start' | 'close'
>;

/** The engines that all processes share. */
export interface Ground extends Engines {
  /** True when no event is undelivered and no alarm is due. */
  readonly isQuiet: boolean;
  /** Gives a new process access to them. */
  platform(member: Member, own: Pick<Platform, 'clock' | 'newId'>): GroundPlatform;
  loseTimers(): void;
  loseBus(): void;
  /** Copies a database. The returned function puts it back. */
  backUp(service: string): () => void;
  loseEvent(group: string, type: EventType): () => void;
}
