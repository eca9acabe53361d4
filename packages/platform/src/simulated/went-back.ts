import { type AnyEvent, parseOwnEvent } from '@fairseat/common/events';
import type { PublishedState } from '@fairseat/common/ports';
import { newestOf } from '../restores.ts';
import type { Kept } from './kept.ts';
import type { Member } from './process.ts';

/** Databases that went back in time, and what becomes of them when a process of theirs starts. */
export class WentBack {
  readonly #kept: Kept;
  readonly #receiveAgain: (group: string) => void;
  readonly #states = new Map<Member, Map<string, PublishedState>>();
  /** By service: how far its stream had come when the backup was made. */
  readonly #marks = new Map<string, number>();

  constructor(kept: Kept, receiveAgain: (group: string) => void) {
    this.#kept = kept;
    this.#receiveAgain = receiveAgain;
  }

  add(member: Member, service: string, state: PublishedState) {
    const states = this.#states.get(member) ?? new Map();
    this.#states.set(member, states.set(service, state));
    member.onEnd(() => this.#states.delete(member));
  }

  note(service: string, mark: number) {
    this.#marks.set(service, mark);
  }

  /** True when databases of this process have gone back. */
  concerns = (member: Member) => this.#goneBack(member).length > 0;

  /** Takes back what they have published since. Call it before the process handles anything. */
  async takeBack(member: Member) {
    await Promise.all(this.#goneBack(member).map((each) => this.#takeBack(...each)));
  }

  #goneBack(member: Member) {
    return [...(this.#states.get(member) ?? [])].filter(([service]) => this.#marks.has(service));
  }

  async #takeBack(service: string, state: PublishedState) {
    const mark = this.#marks.get(service) ?? 0;
    const events = newestOf(this.#kept.behind(service, mark).map(parseOwnEvent));
    const isLost = await Promise.all(events.map((event) => state.isLost(event)));
    const lost: AnyEvent[] = events.filter((_, n) => isLost[n]);
    if (lost.length > 0) await state.takeBack(lost, { since: undefined, isCovered: true });
    this.#marks.delete(service);
    this.#receiveAgain(service);
  }
}
