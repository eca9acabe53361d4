/** Tests of how streams are reset when events may have been missed. */
import { createTestClock } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import { Audience, type Stream } from './audience.ts';

function full(count: number) {
  const audience = new Audience(createTestClock(), false);
  const framesOf = new Map<Stream, string[]>();
  for (let n = 0; n < count; n++) {
    const frames: string[] = [];
    const write = (text: string) => frames.push(text.split('\n')[0] ?? '');
    const stream = { topics: [], write, end() {}, mayGoOn: async () => true };
    audience.add(stream);
    framesOf.set(stream, frames);
  }
  const resets = () =>
    [...framesOf.values()].flat().filter((line) => line === 'event: reset').length;
  return { audience, streams: [...framesOf.keys()], resetsSinceOpen: () => resets() - count };
}

describe('an audience that has missed something', () => {
  it('is told at once when it is small', () => {
    const { audience, resetsSinceOpen } = full(100);
    audience.startAfresh();
    expect(resetsSinceOpen()).toBe(100);
  });

  it('is told in turn when it is large, each once, so that not all ask for a page at the same time', async () => {
    const { audience, streams, resetsSinceOpen } = full(251);
    audience.startAfresh();
    audience.remove(streams.at(-1) as Stream);
    const counts = [resetsSinceOpen()];
    for (let beats = 0; beats < 3; beats++) {
      await audience.beat();
      counts.push(resetsSinceOpen());
    }
    expect(counts).toEqual([100, 200, 250, 250]);
  });
});
