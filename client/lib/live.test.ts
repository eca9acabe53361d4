import { setMaxListeners } from 'node:events';
import { MAX_LIVE_TICKETS } from '@fairseat/common/contracts/live';
import { FakeEventSource } from '@fairseat/test-support/fake-event-source';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Live = typeof import('./live.ts');

// Fakes of what tabs share: streams, a channel that can be cut, and a lock whose holder learns of its loss on demand.

/** A stream that opens at once. */
class Source extends FakeEventSource {
  constructor(url: string) {
    super(url);
    queueMicrotask(() => this.say('reset'));
  }
}

const openSources = () =>
  FakeEventSource.all.filter(({ readyState }) => readyState !== FakeEventSource.CLOSED);
const latest = () => openSources().at(-1) as FakeEventSource;
const ticketsOf = ({ url }: FakeEventSource) =>
  new URL(url, 'http://localhost').searchParams.get('tickets')?.split(',').toSorted() ?? [];

class Channel {
  static all = new Set<Channel>();
  static isCut = false;
  readonly name: string;
  onmessage: ((message: { data: unknown }) => void) | undefined;

  constructor(name: string) {
    this.name = name;
    Channel.all.add(this);
  }

  postMessage(data: unknown) {
    if (Channel.isCut) return;
    for (const other of Channel.all) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
    }
  }
}

/** A tab gets the lock first or steals it; none releases it. */
class Locks {
  /** Set when the lock was stolen: tells its former holder. */
  tellLoss: (() => void) | undefined;
  #tellHolder: ((error: Error) => void) | undefined;

  request(_name: string, { steal }: { steal: boolean }, work: () => Promise<void>) {
    const { promise, reject } = Promise.withResolvers<void>();
    const holder = this.#tellHolder;
    if (holder && !steal) return promise;
    if (holder) this.tellLoss = () => holder(new Error('stolen'));
    this.#tellHolder = reject;
    void work();
    return promise;
  }
}

const a = 'a'.repeat(32);
const b = 'b'.repeat(32);
const ticket = (id: string, version: number) => ({ id, version, title: 'Row 1', price: 1 });
const SILENT_MS = 35_000;

describe('the tabs of one browser', () => {
  let locks: Locks;

  /** Each tab has its own copy of the module's state. */
  async function openTab(user = ''): Promise<Live> {
    vi.resetModules();
    const live = await import('./live.ts');
    live.listen(user);
    return live;
  }

  const runOn = () => vi.advanceTimersByTimeAsync(100);

  beforeEach(() => {
    vi.useFakeTimers();
    locks = new Locks();
    FakeEventSource.all = [];
    Channel.all.clear();
    Channel.isCut = false;
    vi.stubGlobal('EventSource', Source);
    vi.stubGlobal('BroadcastChannel', Channel);
    vi.stubGlobal('navigator', { locks });
    const document = Object.assign(new EventTarget(), { hidden: false });
    setMaxListeners(0, document);
    vi.stubGlobal('document', document);
    vi.stubGlobal('addEventListener', () => {});
  });

  afterEach(() => {
    vi.clearAllTimers();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('share one stream, which covers what each of them shows', async () => {
    const [first, second] = [await openTab(), await openTab()];
    first.watchTicket(a);
    second.watchTicket(b);
    await runOn();
    expect(openSources().map(ticketsOf)).toEqual([[a, b]]);
    latest().say('ticket', ticket(b, 2));
    expect(second.newestTicket(b)).toMatchObject({ version: 2 });
  });

  it('share one without locks as well', async () => {
    vi.stubGlobal('navigator', {});
    const tabs = [await openTab(), await openTab(), await openTab()];
    tabs[0]?.watchTicket(a);
    tabs[2]?.watchTicket(b);
    await vi.advanceTimersByTimeAsync(1000);
    expect(openSources().map(ticketsOf)).toEqual([[a, b]]);
    latest().say('ticket', ticket(b, 2));
    for (const tab of tabs) expect(tab.newestTicket(b)).toMatchObject({ version: 2 });
  });

  it('are told when there are too many, and brought back by a look at them or when others close', async () => {
    const list = (tab: number) =>
      Array.from({ length: MAX_LIVE_TICKETS / 10 }, (_, n) => `${1000 * (tab + 1) + n}`);
    const tabs: Live[] = [];
    const doings: Record<string, () => void>[] = [];
    const refreshed: number[] = [];
    for (let index = 0; index < 12; index++) {
      const own: Record<string, () => void> = {};
      vi.stubGlobal('addEventListener', (type: string, listener: () => void) => {
        own[type] = listener;
      });
      const tab = await openTab();
      for (const id of list(index)) tab.watchTicket(id);
      await runOn();
      tab.onReset(() => refreshed.push(index));
      tabs.push(tab);
      doings.push(own);
    }
    const leftOut = () => [...tabs.keys()].filter((n) => tabs[n]?.liveStatus() === 'left out');
    const covered = () => openSources().map((source) => new Set(ticketsOf(source)));
    const listsBut = (...out: number[]) =>
      new Set([...tabs.keys()].filter((n) => !out.includes(n)).flatMap(list));
    expect(leftOut()).toEqual([0, 1]);
    expect(covered()).toEqual([listsBut(0, 1)]);

    doings[0]?.['focus']?.();
    await runOn();
    expect(leftOut()).toEqual([1, 2]);
    expect(covered()).toEqual([listsBut(1, 2)]);
    expect(refreshed).toEqual([0]);

    doings[5]?.['pagehide']?.();
    await runOn();
    expect(leftOut()).toEqual([1]);
    expect(covered()).toEqual([listsBut(1, 5)]);
    expect(refreshed).toEqual([0, 2]);
  });

  it('read a status that a newer release added as other, whichever tab received it', async () => {
    const [first, second] = [await openTab(), await openTab()];
    second.watchTicket(b);
    await runOn();
    latest().say('ticket', { ...ticket(b, 2), status: 'resold' });
    for (const tab of [first, second])
      expect(tab.newestTicket(b)).toMatchObject({ status: 'other' });
    latest().say('ticket', { ...ticket(b, 3), status: 'sold' });
    for (const tab of [first, second])
      expect(tab.newestTicket(b)).toMatchObject({ status: 'sold' });
  });

  it('keep receiving what they show when one takes over the stream before the other knows', async () => {
    const [first, second] = [await openTab(), await openTab()];
    first.watchTicket(a);
    second.watchTicket(b);
    await runOn();
    // Only the tab that owns the stream receives anything, so to the other it seems asleep.
    Channel.isCut = true;
    await vi.advanceTimersByTimeAsync(SILENT_MS - 5000);
    latest().say('beat');
    Channel.isCut = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(locks.tellLoss).toBeDefined();
    locks.tellLoss?.();
    await runOn();

    expect(openSources().map(ticketsOf)).toEqual([[a, b]]);
    latest().say('ticket', ticket(a, 2));
    expect(first.newestTicket(a)).toMatchObject({ version: 2 });
  });

  it('do not take an order of the user who was signed in before for their own', async () => {
    const live = await openTab('anna');
    await runOn();
    latest().say('order', { id: a, userId: 'anna' });
    expect(live.isOwnOrder(a)).toBe(true);
    live.listen('bert');
    expect(live.isOwnOrder(a)).toBe(false);
    latest().say('order', { id: b, userId: 'anna' });
    expect(live.isOwnOrder(b)).toBe(false);
  });
});
