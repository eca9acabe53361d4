import { servers, useScene } from '@fairseat/test-support/scene';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { Letters } from './letters.ts';
import { Mongo } from './mongodb.ts';

const scene = useScene();
let mongo: Mongo;
let nowMs = 1000;
beforeEach(() => {
  const { namespace: prefix } = scene;
  const [url, caFile, name] = [servers.mongodbUrl, undefined, 'letters'];
  mongo = new Mongo({ url, caFile, name, prefix, clock: systemClock });
});
afterEach(() => mongo.close(true));

describe('dead letters', () => {
  it('are forgotten when there are too many younger ones, and what is not dead never', async () => {
    const clock = { ...systemClock, now: () => nowMs++ };
    const letters = new Letters(mongo, 'auth', { clock, eventsKeptMs: 1000, deadLettersKept: 3 });
    for (const id of ['1', '2', '3', '4', '5']) {
      await letters.fail(id, '{}', `reason ${id}`);
      await letters.bury(id);
    }
    await letters.fail('6', '{}', 'may come right');
    expect(await letters.forget()).toBe(2);
    expect((await letters.list()).map(({ reason }) => reason)).toEqual([
      'reason 3',
      'reason 4',
      'reason 5',
    ]);
    nowMs += 10_000;
    expect(await letters.forget()).toBe(3);
    expect(await letters.fail('6', '{}', 'again')).toBe(2);
  });
});
