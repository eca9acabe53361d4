import { FakeEventSource } from '@fairseat/test-support/fake-event-source';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStream, type StreamEvent } from './live-stream.ts';

const a = 'a'.repeat(32);
const b = 'b'.repeat(32);

describe('the live stream', () => {
  let told: StreamEvent[];
  const stream = () => openStream((event) => told.push(event));
  const resets = () => told.filter(({ name }) => name === 'reset');
  const latest = () => FakeEventSource.all.at(-1) as FakeEventSource;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeEventSource);
    FakeEventSource.all = [];
    told = [];
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('is opened once for tabs that open together', () => {
    const opened = stream();
    opened.cover([a], '');
    opened.cover([a, b], '');
    vi.advanceTimersByTime(100);
    expect(FakeEventSource.all.map(({ url }) => url)).toEqual([`/api/live?tickets=${a},${b}`]);
  });

  it('keeps the previous stream until the wider one has begun, so that nothing is missed', () => {
    const opened = stream();
    opened.cover([a], '');
    vi.advanceTimersByTime(100);
    const narrow = latest();
    narrow.say('reset');
    opened.cover([a, b], '');
    vi.advanceTimersByTime(100);
    expect(narrow.readyState).toBe(FakeEventSource.OPEN);
    narrow.say('ticket', { id: a, version: 2 });
    latest().say('reset');
    expect(narrow.readyState).toBe(FakeEventSource.CLOSED);
    expect(told.at(-3)).toMatchObject({ name: 'ticket', data: { id: a } });
    expect(resets()).toEqual([
      { name: 'reset', tickets: [a], all: true },
      { name: 'reset', tickets: [a, b], all: false },
    ]);
  });

  it('confirms at once when it covers all that is needed', () => {
    const opened = stream();
    opened.cover([a, b], '');
    vi.advanceTimersByTime(100);
    latest().say('reset');
    opened.cover([b], '');
    vi.advanceTimersByTime(100);
    expect(FakeEventSource.all).toHaveLength(1);
    expect(resets().at(-1)).toEqual({ name: 'reset', tickets: [a, b], all: false });
  });

  it('begins anew for another user', () => {
    const opened = stream();
    opened.cover([a], '');
    vi.advanceTimersByTime(100);
    latest().say('reset');
    opened.cover([a], 'somebody');
    vi.advanceTimersByTime(100);
    latest().say('reset');
    expect(FakeEventSource.all).toHaveLength(2);
    expect(resets().at(-1)).toMatchObject({ all: true });
  });

  it('tells all to refresh after it was lost', () => {
    stream().cover([a], '');
    vi.advanceTimersByTime(100);
    latest().say('reset');
    latest().fail(0);
    latest().say('reset');
    expect(told.map(({ name }) => name)).toEqual(['beat', 'reset', 'lost', 'beat', 'reset']);
    expect(resets().at(-1)).toMatchObject({ all: true });
  });

  it('tries again ever more rarely where it is refused', () => {
    stream().cover([a], '');
    vi.advanceTimersByTime(100);
    latest().fail(FakeEventSource.CLOSED);
    vi.advanceTimersByTime(2000);
    expect(FakeEventSource.all).toHaveLength(2);
    latest().fail(FakeEventSource.CLOSED);
    vi.advanceTimersByTime(2000);
    expect(FakeEventSource.all).toHaveLength(2);
    vi.advanceTimersByTime(2000);
    expect(FakeEventSource.all).toHaveLength(3);
  });
});
