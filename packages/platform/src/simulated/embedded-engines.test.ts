/** Tests that the history of the embedded platform is what its simulated disk has saved. */
import { Unavailable } from '@fairseat/common/errors';
import { open, outcome, seeds } from '@fairseat/test-support/rehearsal';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../embedded/index.ts';
import type { Weather } from './weather.ts';

const onDisk = (weather: Partial<Weather> = {}, seed = 1) => open(weather, seed, 'embedded');

/** Consumes sessions' ends, and notes which process handled which. */
function consuming(handled: string[], name: string) {
  return async ({ platform }: Awaited<ReturnType<ReturnType<typeof open>['join']>>) => {
    platform.bus.consume('auth', {
      'session.ended': async ({ subject }) => void handled.push(`${name} ${subject}`),
    });
  };
}

describe('the embedded platform on a simulated disk', () => {
  it('tells a write with its events once it is saved, and that they are handled once that is', async () => {
    const handled: string[] = [];
    const { join, of, history, pass, simulation } = onDisk();
    const { write } = await join('a', consuming(handled, 'a'));
    const saved = outcome(write('a story'));
    expect(of('write')).toEqual([]);
    await pass(10_000);
    const note = saved.value;
    expect(of('write')).toMatchObject([
      {
        process: 'a',
        story: 'a story',
        table: 'auth_notes',
        after: note,
        events: [{ subject: note?.id }],
      },
    ]);
    expect(handled).toEqual([`a ${note?.id}`]);
    const kinds = history.map(({ kind }) => kind);
    expect(kinds).toEqual(['start', 'write', 'deliver', 'handled']);
    expect(simulation.isQuiet).toBe(true);
  });

  it('keeps for the next process what was saved, and nothing of what was not', async () => {
    const { join, records, pass } = onDisk();
    const first = await join('a');
    const saved = outcome(first.write());
    await pass(1000);
    const lost = outcome(first.write());
    first.process.crash();
    await pass(1000);
    const { table } = await join('b');
    expect(lost).toEqual({});
    expect(records()).toEqual([saved.value]);
    expect((await table.find({ limit: 10 })).records).toEqual([saved.value]);
  });

  it('dies in a commit, saved or not by the seed, and never says that it was', async () => {
    const ends = new Set<number>();
    for (const seed of seeds(20)) {
      const handled: string[] = [];
      const { join, records, history, pass, simulation } = onDisk({}, seed);
      const dying = await join('a', consuming(handled, 'a'));
      let crashes = 0;
      dying.process.crashAtCommit(() => {
        crashes += 1;
      });
      const answer = outcome(dying.write());
      await pass(1000);
      expect([answer.value, crashes, dying.process.isAlive]).toEqual([undefined, 1, false]);
      await join('b', consuming(handled, 'b'));
      await pass(10_000);
      const told = history.flatMap((entry) =>
        entry.kind === 'handled' ? entry.event.subject : [],
      );
      expect(told).toEqual(records().map(({ id }) => id));
      expect(simulation.engines.events).toHaveLength(records().length);
      ends.add(records().length);
    }
    expect(ends).toEqual(new Set([0, 1]));
  });

  it('saves nothing while the disk refuses, at whatever statement that is, and goes on afterwards', async () => {
    for (const seed of seeds(10)) {
      const { join, records, of, pass, simulation } = onDisk({}, seed);
      const { write } = await join('a');
      simulation.outage({ engine: 'tables', untilMs: simulation.nowMs + 1000 });
      const refused = outcome(write());
      await pass(2000);
      expect(refused.error).toBeInstanceOf(Unavailable);
      expect([records(), of('write'), simulation.engines.events]).toEqual([[], [], []]);
      const saved = outcome(write());
      await pass(1000);
      expect(records()).toEqual([saved.value]);
    }
  });

  it('delivers again what a handler failed at when all its work was done, and undoes that', async () => {
    const { join, of, history, pass, simulation } = onDisk({ duplicate: 0.5 });
    const { write } = await join('a', async ({ platform, table }) => {
      platform.bus.consume('auth', {
        'session.ended': async ({ subject }) => {
          const note = await table.get(subject);
          if (note?.version === 1) await table.replace(note, { ...note, version: 2 });
        },
      });
    });
    for (let n = 0; n < 20; n++) void write(`story ${n}`);
    await pass(60_000);
    expect(simulation.isQuiet).toBe(true);
    expect(of('redeliver').length).toBeGreaterThan(5);
    expect(history.filter(({ kind }) => kind === 'handled')).toHaveLength(20);
    expect(of('write').filter(({ after }) => after.version === 2)).toHaveLength(20);
  });

  it('is one process’ alone', async () => {
    const { join } = onDisk();
    await join('a');
    await expect(join('b')).rejects.toThrow(StoreError);
  });
});
