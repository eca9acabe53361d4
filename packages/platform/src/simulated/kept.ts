import type { AnyEvent } from '@fairseat/common/events';

interface KeptEvent {
  event: AnyEvent;
  /** Its place in the stream of its service, from 1 on. */
  seq: number;
  atMs: number;
}

/** What the stream of one service still has. */
class Stream {
  #events: KeptEvent[] = [];
  #last = 0;

  add(event: AnyEvent, atMs: number) {
    this.#last += 1;
    this.#events.push({ event, seq: this.#last, atMs });
  }

  get last() {
    return this.#last;
  }

  /** True while its first event is there, or was never there. */
  get isWhole() {
    return (this.#events[0]?.seq ?? this.#last + 1) === 1;
  }

  behind(seq: number): AnyEvent[] {
    return this.#events.filter((kept) => kept.seq > seq).map(({ event }) => event);
  }

  /** Drops the oldest, up to the first that is younger or needed. Answers those. */
  trim(keptFromMs: number, isNeeded: (event: AnyEvent) => boolean): AnyEvent[] {
    const first = this.#events.findIndex(
      ({ event, atMs }) => atMs >= keptFromMs || isNeeded(event),
    );
    const gone = this.#events.splice(0, first < 0 ? this.#events.length : first);
    return gone.map(({ event }) => event);
  }
}

/** What the streams of all services still have of the events that were published. */
export class Kept {
  #streams = new Map<string, Stream>();
  /** All that is there, in the order in which it came. */
  #ids = new Map<string, AnyEvent>();

  get events(): Iterable<AnyEvent> {
    return this.#ids.values();
  }

  has = ({ id }: AnyEvent) => this.#ids.has(id);
  isWhole = (service: string) => this.#streams.get(service)?.isWhole ?? true;
  last = (service: string) => this.#streams.get(service)?.last ?? 0;
  behind = (service: string, seq: number) => this.#streams.get(service)?.behind(seq) ?? [];

  add(event: AnyEvent, atMs: number) {
    const stream = this.#streams.get(event.source) ?? new Stream();
    this.#streams.set(event.source, stream);
    stream.add(event, atMs);
    this.#ids.set(event.id, event);
  }

  trim(keptFromMs: number, isNeeded: (event: AnyEvent) => boolean) {
    for (const stream of this.#streams.values()) {
      for (const { id } of stream.trim(keptFromMs, isNeeded)) this.#ids.delete(id);
    }
  }

  /** Loses everything. What the streams are made anew for begins with 1. */
  lose() {
    this.#streams = new Map();
    this.#ids = new Map();
  }
}
