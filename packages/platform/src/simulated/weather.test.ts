import { Unavailable } from '@fairseat/common/errors';
import {
  type Note,
  notes,
  open,
  outcome,
  parts,
  seeds,
  told,
} from '@fairseat/test-support/rehearsal';
import { describe, expect, it } from 'vitest';
import type { Weather } from './index.ts';

const MINUTE_MS = 60_000;

describe('the weather of a simulation', () => {
  const count = 20;
  async function calls(weather: Partial<Weather>) {
    const opened = open(weather);
    const handled: string[] = [];
    const consume = async ({ platform }: ReturnType<typeof parts>) =>
      platform.bus.consume('auth', {
        'session.ended': async ({ subject }) => {
          await platform.table('auth', notes).get(subject);
          handled.push(subject);
        },
      });
    const [a] = [await opened.join('a', consume), await opened.join('b', consume)];
    const answers = seeds(count).map((n) => {
      let answer: ReturnType<typeof outcome<Note>> = {};
      told(`story ${n}`, async () => {
        answer = outcome(a.write(`story ${n}`));
      });
      return () => answer;
    });
    await opened.pass(2 * MINUTE_MS);
    const refused = answers.filter((answer) => answer().error instanceof Unavailable).length;
    return { ...opened, a, handled, refused };
  }

  it('does nothing by itself when it is clear', async () => {
    const { handled, refused, faults } = await calls({});
    expect([handled.length, refused, faults().size]).toEqual([count, 0, 0]);
  });

  it('loses answers of what was done', async () => {
    const { refused, records, handled } = await calls({ answerLost: 1 });
    expect([refused, records().length, handled.length]).toEqual([count, count, count]);
  });

  it('leaves undone what it answers', async () => {
    const { refused, records, handled } = await calls({ unavailable: 1 });
    expect([refused, records().length, handled.length]).toEqual([count, 0, 0]);
  });

  it('brings events again that were acknowledged, or whose acknowledgement it lost', async () => {
    for (const weather of [{ duplicate: 0.5 }, { ackLost: 0.5 }]) {
      const { handled, simulation } = await calls(weather);
      expect(new Set(handled).size).toBe(count);
      expect(handled.length).toBeGreaterThan(count);
      expect(simulation.isQuiet).toBe(true);
    }
  });

  it('stops handlers in the middle or lets them go on unheard, and brings the event again', async () => {
    const { handled, of, faults } = await calls({ midHandler: 0.5 });
    expect(faults()).toEqual(new Set(['handler stopped', 'handler goes on as a zombie']));
    expect(new Set(handled).size).toBe(count);
    expect(of('deliver').length).toBeGreaterThan(handled.length);
    expect(handled.length).toBeGreaterThan(of('handled').length);
    expect(of('handled')).toHaveLength(count);
  });

  it('lets events overtake each other', async () => {
    const { of, handled, simulation } = await calls({ reorder: 0.5, reorderMs: 1000 });
    const said = simulation.engines.events.map(({ subject }) => subject);
    expect(handled.toSorted()).toEqual(said.toSorted());
    const saidAt = of('write').map(({ atMs }) => atMs);
    const comes = of('deliver').map(({ atMs }) => atMs - Math.max(...saidAt));
    expect(comes.filter((ms) => ms < 10).length).toBeGreaterThan(3);
    expect(comes.filter((ms) => ms > 100).length).toBeGreaterThan(3);
  });

  it('makes alarms late and lets them ring twice, never early by true time', async () => {
    const { simulation, pass, of } = open({ timerLateMs: 500, timerTwice: 0.5 });
    const { platform } = parts(simulation, 'behind', -2000);
    const timers = platform.timers('auth');
    const begin = simulation.nowMs;
    const rang: number[] = [];
    timers.onFire(async (key) => void rang.push(simulation.nowMs - begin - Number(key)));
    await platform.start();
    for (const n of seeds(count)) void timers.set(String(n * 100), begin + n * 100);
    await pass(MINUTE_MS);
    expect(new Set(of('alarm').map(({ key }) => key)).size).toBe(count);
    expect(rang.length).toBeGreaterThan(count);
    expect(Math.min(...rang)).toBeGreaterThanOrEqual(0);
    expect(new Set(rang).size).toBeGreaterThan(10);
  });

  it('loses answers of the payment gateway after the money was taken, and keeps calls from it', async () => {
    const order = { key: 'k', orderId: 'o', amount: 100, currency: 'usd' };
    for (const [weather, taken] of [
      [{ gatewayAnswerLost: 1 }, 1],
      [{ gatewayUnavailable: 1 }, 0],
    ] as const) {
      const { join, pass, simulation } = open(weather);
      const { platform } = await join('a');
      const opened = outcome(platform.gateway.open(order));
      await pass(MINUTE_MS);
      expect(opened.error).toBeInstanceOf(Unavailable);
      expect(simulation.engines.records('test_gateway_payments').size).toBe(taken);
    }
  });
});

describe('an outage of a simulation', () => {
  it('refuses the service it is about, and nobody else, until it is over', async () => {
    const { join, pass, simulation } = open();
    const { platform, table } = await join('a');
    const other = platform.table('orders', notes);
    simulation.outage({ engine: 'tables', untilMs: simulation.nowMs + 1000, owner: 'auth' });
    const [refused, answered] = [outcome(table.get('x')), outcome(other.find({ limit: 1 }))];
    await pass(1001);
    const later = outcome(table.find({ limit: 1 }));
    await pass(1000);
    expect(refused.error).toBeInstanceOf(Unavailable);
    expect([answered.value, later.value]).toEqual(Array(2).fill({ records: [], nextCursor: null }));
  });

  it('of the bus holds everything up, and loses nothing', async () => {
    const { join, pass, simulation, of } = open();
    const { write } = await join('a', async ({ platform }) =>
      platform.bus.consume('auth', { 'session.ended': async () => {} }),
    );
    simulation.outage({ engine: 'bus', untilMs: simulation.nowMs + 1000 });
    void write();
    await pass(999);
    expect(simulation.engines.events).toEqual([]);
    expect(simulation.isQuiet).toBe(false);
    await pass(1000);
    expect(of('handled')).toHaveLength(1);
    void write();
    await pass(2);
    simulation.outage({ engine: 'bus', untilMs: simulation.nowMs + 1000, owner: 'auth' });
    await pass(900);
    expect(of('deliver')).toHaveLength(1);
    await pass(200);
    expect(of('handled')).toHaveLength(2);
  });

  it('that loses an event loses the next of its type for one group, and no other', async () => {
    const { join, pass, simulation, of } = open();
    const handlers = { 'session.ended': async () => {} };
    const { write } = await join('a', async ({ platform }) => {
      platform.bus.consume('auth', handlers);
      platform.bus.consume('orders', handlers);
    });
    simulation.loseEvent('auth', 'session.ended');
    const callOff = simulation.loseEvent('orders', 'session.ended');
    callOff();
    void write();
    await pass(1000);
    void write();
    await pass(1000);
    const groups = of('handled').map(({ group }) => group);
    expect(groups.toSorted()).toEqual(['auth', 'orders', 'orders']);
    expect(simulation.isQuiet).toBe(true);
  });

  it('that loses the alarms loses them all', async () => {
    const { join, pass, simulation, of } = open();
    const { platform } = await join('a', async (own) =>
      own.platform.timers('auth').onFire(async () => {}),
    );
    void platform.timers('auth').set('key', simulation.nowMs + 1000);
    await pass(500);
    simulation.loseTimers();
    await pass(MINUTE_MS);
    expect(of('alarm')).toEqual([]);
  });
});
