import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { DeadLetter, Platform, Stored } from '@fairseat/common/ports';
import type { Member } from './process.ts';

/** What is stored below all services, seen without any fault. */
export interface Engines {
  /** Of the table `${service}_${name}`, by id. */
  records(table: string): ReadonlyMap<string, Stored>;
  /** All that groups have given up on. */
  deadLetters(): DeadLetter[];
  /** Every event on the bus, in the order they came to it. */
  readonly events: readonly AnyEvent[];
}

export type GroundPlatform = Pick<
  Platform,
  'table' | 'backfills' | 'bus' | 'timers' | 'start' | 'close'
>;

/** The engines that all processes stand on. */
export interface Ground extends Engines {
  /** No event undelivered, no alarm due. */
  readonly isQuiet: boolean;
  /** A new process' access to them. */
  platform(member: Member, own: Pick<Platform, 'clock' | 'newId'>): GroundPlatform;
  loseTimers(): void;
  loseEvent(group: string, type: EventType): () => void;
}
