import { execFileSync } from 'node:child_process';
import {
  digestOf,
  type Note,
  open,
  outcome,
  rehearse,
  seeds,
} from '@fairseat/test-support/rehearsal';
import { describe, expect, it } from 'vitest';
import { clear, type Entry, Simulation } from './index.ts';

const MINUTE_MS = 60_000;

describe('a simulation', () => {
  it('repeats its whole history from its seed, and has another for another seed', async () => {
    const history = await rehearse(7);
    expect(history.length).toBeGreaterThan(300);
    expect(digestOf(await rehearse(7))).toBe(digestOf(history));
    expect(digestOf(await rehearse(8))).not.toBe(digestOf(history));
  });

  it('repeats it in another process', async () => {
    const url = import.meta.resolve('@fairseat/test-support/rehearsal');
    const script = `import { digestOf, rehearse } from '${url}'; console.log(digestOf(await rehearse(7)))`;
    const digest = execFileSync(
      process.execPath,
      ['--conditions=@fairseat/source', '--input-type=module', '--eval', script],
      { encoding: 'utf8' },
    );
    expect(digest.trim()).toBe(digestOf(await rehearse(7)));
  });

  it('has all kinds of faults', async () => {
    const kinds = new Set<string>();
    for (const seed of seeds(4)) {
      for (const entry of await rehearse(seed))
        kinds.add('what' in entry ? entry.what : entry.kind);
    }
    expect([...kinds].toSorted()).toEqual([
      'acknowledgement lost',
      'alarm',
      'alarm late',
      'alarm twice',
      'answer lost',
      'crash',
      'deliver',
      'duplicate',
      'gateway',
      'handled',
      'handler goes on as a zombie',
      'handler stopped',
      'held back',
      'outage',
      'redeliver',
      'rung',
      'start',
      'unavailable',
      'watched event lost',
      'write',
    ]);
  });

  it('leaves the luck of all other stories as it was when one is taken out', async () => {
    const without = ['story 3', 'story 20'];
    const ofOthers = (history: Entry[]) =>
      history.filter(({ story }) => story?.startsWith('story') && !without.includes(story));
    const all = ofOthers(await rehearse(5));
    const fewer = ofOthers(await rehearse(5, without));
    expect(all.length).toBeGreaterThan(200);
    expect(fewer).toEqual(all);
  });

  it('gives the same numbers for the same name, whatever else is drawn', () => {
    const draw = (random: () => number) => Array.from({ length: 5 }, random);
    const { simulation } = open();
    const first = draw(simulation.random('a'));
    draw(simulation.random('b'));
    expect(draw(simulation.random('a'))).toEqual(first);
    expect(draw(simulation.random('b'))).not.toEqual(first);
    expect(draw(open({}, 2).simulation.random('a'))).not.toEqual(first);
  });

  it('does one thing at a time, in the order of time, until nothing is left', async () => {
    const { simulation } = open();
    const order: string[] = [];
    simulation.at(simulation.nowMs + 20, () => order.push('late'));
    simulation.at(simulation.nowMs + 10, () => {
      order.push('early');
      void Promise.resolve().then(() => order.push('what follows'));
    });
    expect(await simulation.step()).toBe(true);
    expect(order).toEqual(['early', 'what follows']);
    expect(await simulation.step()).toBe(true);
    expect(await simulation.step()).toBe(false);
    expect(order).toEqual(['early', 'what follows', 'late']);
  });

  it('fails the run when what was given to it throws', async () => {
    const { simulation, pass } = open();
    simulation.at(simulation.nowMs, () => {
      throw new Error('a bug of the test');
    });
    await expect(pass(1)).rejects.toThrow('a bug of the test');
  });

  it('gives out ids of 32 hexadecimal digits, the time first, none twice', () => {
    const { simulation } = open();
    const platforms = [simulation.process('a', 0).platform, simulation.process('b', 0).platform];
    const ids = seeds(2000).map((n) => platforms[n % 2]?.newId() as string);
    expect(new Set(ids).size).toBe(2000);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(Number.parseInt(id.slice(0, 12), 16)).toBe(simulation.nowMs);
    }
  });

  it('lets the clocks of processes disagree, but not what they wait for', async () => {
    const { simulation, pass } = open();
    const { clock } = simulation.process('ahead', 3000).platform;
    const begin = simulation.nowMs;
    let rang = 0;
    clock.after(1000, () => {
      rang = simulation.nowMs;
    });
    expect(clock.now()).toBe(begin + 3000);
    await pass(2000);
    expect(rang).toBe(begin + 1000);
  });

  it('is quiet once all is handled, and not before', async () => {
    const { simulation, join, pass } = open();
    const { write } = await join('a', async ({ platform }) => {
      platform.bus.consume('auth', { 'session.ended': async () => {} });
    });
    expect(simulation.isQuiet).toBe(true);
    void write();
    const quiet: boolean[] = [];
    while (await simulation.step()) quiet.push(simulation.isQuiet);
    expect(quiet.at(-1)).toBe(true);
    expect(quiet.slice(0, -1)).not.toContain(true);
    await pass(0);
  });
});

describe('a simulated table', () => {
  it('forgets records within a minute of their time', async () => {
    const { simulation, join, pass, of } = open();
    const { platform } = await join('a');
    const forgetAt = simulation.nowMs + 10 * MINUTE_MS;
    const definition = { name: 'forgotten', forgetAt: () => forgetAt };
    void platform.table('auth', definition).insert({ id: 'x', version: 1, createdAt: '2026' });
    await pass(10 * MINUTE_MS - 1);
    expect(simulation.engines.records('auth_forgotten').size).toBe(1);
    await pass(MINUTE_MS + 1);
    expect(simulation.engines.records('auth_forgotten').size).toBe(0);
    expect(of('forget')).toMatchObject([{ table: 'auth_forgotten', before: { id: 'x' } }]);
  });

  it('hands out records that nobody can change', async () => {
    const { join, pass } = open();
    const { table, write } = await join('a');
    const saved = outcome(write());
    await pass(10);
    const read = outcome(table.get(saved.value?.id as string));
    await pass(10);
    expect(() => Object.assign(read.value as Note, { payment: 'stolen' })).toThrow(TypeError);
  });
});

describe('a simulated rate limit', () => {
  it('counts for all processes together, by virtual time', async () => {
    const simulation = new Simulation({ seed: 1, weather: clear, rateLimits: true });
    const limiters = ['a', 'b'].map((name) =>
      simulation.process(name, 0).platform.rateLimiter('signin', { count: 2, perSeconds: 60 }),
    );
    const [a, b] = limiters as [(typeof limiters)[0], (typeof limiters)[0]];
    const over = async (answer: Promise<{ retryAfterSeconds: number }>) =>
      (await answer).retryAfterSeconds;
    expect([await over(a.count('k')), await over(b.count('k'))]).toEqual([0, 0]);
    expect([await over(a.peek('k')), await over(b.count('k'))]).toEqual([60, 60]);
    expect(await over(a.count('another'))).toBe(0);
    await a.uncount('k');
    await b.uncount('k');
    expect(await over(b.peek('k'))).toBe(0);
    await b.count('k');
    await simulation.runUntil(simulation.nowMs + 59_000);
    expect(await over(a.peek('k'))).toBe(1);
    await simulation.runUntil(simulation.nowMs + 1000);
    expect(await over(a.peek('k'))).toBe(0);
    await b.count('k');
    await a.count('k');
    await a.forget('k');
    expect(await over(a.peek('k'))).toBe(0);
  });
});

describe('a simulated process that crashes', () => {
  it('keeps what was acknowledged, with its events', async () => {
    const { join, records, simulation, pass } = open();
    const heard: string[] = [];
    const [dying, other] = [await join('a'), await join('b')];
    other.platform.bus.consume('auth', {
      'session.ended': async ({ subject }) => void heard.push(subject),
    });
    const saved = outcome(dying.write());
    while (!saved.value) await simulation.step();
    dying.process.crash();
    await pass(MINUTE_MS);
    expect(records().map(({ id }) => id)).toEqual([saved.value.id]);
    expect(heard).toEqual([saved.value.id]);
  });

  it('loses what was on its way or not, by the seed, but never half of it', async () => {
    const ends = new Set<number>();
    for (const seed of seeds(20)) {
      const { join, records, simulation, pass } = open({}, seed);
      const [dying] = [await join('a'), await join('b')];
      const answer = outcome(dying.write());
      dying.process.crash();
      await pass(MINUTE_MS);
      expect(answer).toEqual({});
      expect(simulation.engines.events).toHaveLength(records().length);
      ends.add(records().length);
    }
    expect(ends).toEqual(new Set([0, 1]));
  });

  it('does nothing any more', async () => {
    const { join, records, pass } = open();
    const done: string[] = [];
    const { process, platform, write } = await join('a', async (own) => {
      own.platform.bus.consume('auth', { 'session.ended': async () => void done.push('handled') });
      own.platform.timers('auth').onFire(async () => void done.push('rang'));
    });
    platform.clock.after(1000, () => done.push('waited'));
    void platform.timers('auth').set('key', platform.clock.now() + 1000);
    await pass(100);
    platform.bus.watch(() => done.push('watched'));
    process.crash();
    void write();
    expect(process.isAlive).toBe(false);
    await pass(MINUTE_MS);
    expect(done).toEqual([]);
    expect(records()).toEqual([]);
  });

  it('leaves what it had in hand to another, and to one that starts later', async () => {
    const { join, pass, of } = open();
    const stuck = async ({ platform }: Awaited<ReturnType<typeof join>>) =>
      platform.bus.consume('auth', { 'session.ended': () => new Promise(() => {}) });
    const { process, write } = await join('a', stuck);
    void write();
    await pass(1000);
    process.crash();
    await pass(MINUTE_MS);
    expect(of('deliver').map(({ process: at }) => at)).toEqual(['a']);
    await join('a again', async ({ platform }) =>
      platform.bus.consume('auth', { 'session.ended': async () => {} }),
    );
    await pass(MINUTE_MS);
    expect(of('handled')).toMatchObject([{ process: 'a again', attempt: 2 }]);
  });

  it('has the events it saved sent by another of its service, else only once it is back', async () => {
    const sent = new Set<number>();
    for (const seed of seeds(20)) {
      const { join, pass, simulation } = open({}, seed);
      const { process, write } = await join('a');
      const saved = outcome(write());
      while (!saved.value) await simulation.step();
      process.crash();
      await pass(MINUTE_MS);
      sent.add(simulation.engines.events.length);
      await join('b');
      await pass(MINUTE_MS);
      expect(simulation.engines.events).toHaveLength(1);
    }
    expect(sent).toEqual(new Set([0, 1]));
  });
});

describe('a process that is cut off from the bus', () => {
  it('has its events sent by another that starts meanwhile', async () => {
    const { join, pass, simulation } = open();
    const { write } = await join('a');
    simulation.outage({ engine: 'bus', process: 'a', untilMs: simulation.nowMs + 5 * MINUTE_MS });
    void write();
    await pass(MINUTE_MS);
    expect(simulation.engines.events).toEqual([]);
    await join('b');
    await pass(1000);
    expect(simulation.engines.events).toHaveLength(1);
    await pass(5 * MINUTE_MS);
    expect(simulation.engines.events).toHaveLength(1);
  });
});
