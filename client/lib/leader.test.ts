import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seekLead } from './leader.ts';

/** Delivers in the order of sending, when the test says so: a tab that is asleep hears all of it later. */
class Channel {
  static all: Channel[] = [];
  onmessage: ((message: { data: unknown }) => void) | undefined;
  readonly heard: unknown[] = [];
  isAsleep = false;

  constructor() {
    Channel.all.push(this);
  }

  postMessage(data: unknown) {
    for (const other of Channel.all) if (other !== this) other.heard.push(data);
  }

  static deliver() {
    const awake = () => Channel.all.find(({ heard, isAsleep }) => heard.length > 0 && !isAsleep);
    for (let next = awake(); next; next = awake()) next.onmessage?.({ data: next.heard.shift() });
  }
}

interface Tab {
  name: string;
  leads: boolean;
  channel: Channel;
  takeOver: () => void;
  leave: () => void;
}

describe('the tabs of a browser without locks', () => {
  let tabs: Tab[];
  const leaders = () => tabs.filter(({ leads }) => leads).map(({ name }) => name);

  function open(name: string): Tab {
    const leaving: (() => void)[] = [];
    vi.stubGlobal('addEventListener', (_: string, listener: () => void) => leaving.push(listener));
    const set = (leads: boolean) => () => {
      tab.leads = leads;
    };
    const takeOver = seekLead(name, set(true), set(false));
    const channel = Channel.all.at(-1) as Channel;
    const tab: Tab = { name, leads: false, channel, takeOver, leave };
    function leave() {
      for (const listener of leaving) listener();
      Channel.all = Channel.all.filter((other) => other !== channel);
      tabs = tabs.filter((other) => other !== tab);
    }
    tabs.push(tab);
    return tab;
  }

  function pass() {
    Channel.deliver();
    vi.advanceTimersByTime(1000);
    Channel.deliver();
  }

  /** The first leads, and the others know it. */
  function openAll(...names: string[]) {
    const all = names.map((name) => {
      const tab = open(name);
      pass();
      return tab;
    });
    expect(leaders()).toEqual([names[0]]);
    return all as [Tab, Tab, Tab];
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('BroadcastChannel', Channel);
    Channel.all = [];
    tabs = [];
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('have one leader, however many open at once', () => {
    for (const name of ['c', 'a', 'd', 'b']) open(name);
    pass();
    expect(leaders()).toHaveLength(1);
    open('e');
    pass();
    expect(leaders()).toHaveLength(1);
  });

  it('have another when it leaves, and again', () => {
    const [first] = openAll('b', 'd', 'a', 'c');
    first.leave();
    pass();
    expect(leaders()).toHaveLength(1);
    tabs.find(({ leads }) => leads)?.leave();
    pass();
    expect(leaders()).toHaveLength(1);
  });

  it('keep it when another leaves', () => {
    openAll('b', 'a', 'c')[1].leave();
    pass();
    expect(leaders()).toEqual(['b']);
  });

  it('have the one that took over from a leader that seemed asleep', () => {
    const [first, , third] = openAll('a', 'b', 'c');
    first.channel.isAsleep = true;
    third.takeOver();
    pass();
    open('d');
    pass();
    expect(leaders()).toEqual(['a', 'c']);
    first.channel.isAsleep = false;
    pass();
    expect(leaders()).toEqual(['c']);
  });

  it('have one in the end when the leader slept while another opened', () => {
    const [first] = openAll('b', 'd', 'e');
    for (const { channel } of tabs) channel.isAsleep = true;
    for (const name of ['c', 'a']) {
      open(name);
      pass();
    }
    for (const { channel } of tabs) channel.isAsleep = false;
    pass();
    expect(leaders()).toHaveLength(1);
    expect(first.channel.heard).toEqual([]);
  });
});
