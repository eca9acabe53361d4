/** A small play that uses every engine, to see that a simulation repeats itself, in this process and in others. */
import { createHash } from 'node:crypto';
import { inStory } from '@fairseat/common/context';
import { NotYet } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Platform, Stored, TableDefinition } from '@fairseat/common/ports';
import { traceparentOf } from '@fairseat/common/trace-context';
import { openTestGateway } from '@fairseat/gateways/test';
import {
  clear,
  type Entry,
  type SimulatedPlatform,
  type SimulatedProcess,
  Simulation,
  type Weather,
} from '@fairseat/platform/simulated';

export const storm: Weather = {
  latencyMs: [1, 20],
  slow: 0.1,
  slowMs: 500,
  duplicate: 0.1,
  reorder: 0.2,
  reorderMs: 1000,
  ackLost: 0.1,
  midHandler: 0.1,
  answerLost: 0.1,
  unavailable: 0.1,
  timerLateMs: 2000,
  timerTwice: 0.2,
  gatewayAnswerLost: 0.1,
  gatewayUnavailable: 0.1,
  gatewaySlowMs: 1000,
};

export interface Note extends Stored {
  payment: string | null;
  dueAt: number | null;
}

export const notes: TableDefinition<Note> = {
  name: 'notes',
  unique: { payment: (note) => note.payment },
  indexes: { due: (note) => note.dueAt },
};

const STORIES = 30;
const APART_MS = 200;
const LENGTH_MS = 120_000;

export function noteOf(platform: Platform): Note {
  const createdAt = new Date(platform.clock.now()).toISOString();
  return { id: platform.newId(), version: 1, createdAt, payment: null, dueAt: null };
}

export function eventOf(platform: Platform, subject: string, story: string): AnyEvent {
  const id = platform.newId();
  const time = new Date(platform.clock.now()).toISOString();
  return {
    specversion: '1.0',
    id,
    source: 'auth',
    type: 'session.ended',
    subject,
    time,
    version: 1,
    correlationid: story,
    traceparent: traceparentOf({ traceId: id }, id),
    data: { sessionId: subject, expiresAt: time },
  };
}

export const told = (story: string, work: () => Promise<unknown>) =>
  void inStory({ correlationId: story, traceId: '' }, work).catch(() => {
    // Failures are part of the weather.
  });

async function act({ platform }: SimulatedProcess): Promise<Platform> {
  const { bus, clock, gateway } = platform;
  const table = platform.table('auth', notes);
  const timers = platform.timers('auth');
  bus.consume('auth', {
    'session.ended': async ({ subject }, { attempt }) => {
      if (attempt < 3 && subject.endsWith('0')) throw new NotYet('later');
      const note = await table.get(subject);
      if (!note || note.payment !== null) return;
      const order = { orderId: subject, amount: 100, currency: 'usd' };
      const { id: payment } = await gateway.open({ key: subject, ...order });
      await gateway.confirm(payment, 'pm_card_visa', subject, subject);
      await timers.set(subject, clock.now() + 5000);
      await table.replace(note, { ...note, version: note.version + 1, payment });
    },
  });
  timers.onFire(async (key) => {
    const note = await table.get(key);
    if (note) await table.replace(note, { ...note, version: note.version + 1, dueAt: null });
  });
  const look = () => {
    void table.due('due', clock.now(), 10).catch(() => {});
    clock.after(1000, look);
  };
  bus.watch(() => {});
  await platform.start();
  look();
  return platform;
}

/** Plays, and returns the history. */
export async function rehearse(seed: number, without: string[] = []): Promise<Entry[]> {
  const simulation = new Simulation({ seed, weather: storm, openGateway: openTestGateway });
  const history: Entry[] = [];
  simulation.onHistory((entry) => history.push(entry));
  const begin = simulation.nowMs;
  const crashed = simulation.process('first', 700);
  const platforms = [await act(crashed), await act(simulation.process('second', -300))];
  simulation.at(begin + (STORIES / 2) * APART_MS, () => crashed.crash());
  simulation.outage({ engine: 'tables', untilMs: begin + 2 * APART_MS, owner: 'auth' });
  for (let n = 0; n < STORIES; n++) {
    const story = `story ${n}`;
    if (without.includes(story)) continue;
    const platform = platforms[n % 2] as Platform;
    simulation.at(begin + n * APART_MS, () =>
      told(story, async () => {
        const note = noteOf(platform);
        const events = [eventOf(platform, note.id, story)];
        await platform.table('auth', notes).insert({ ...note, dueAt: begin }, events);
      }),
    );
  }
  await simulation.runUntil(begin + LENGTH_MS);
  return history;
}

export const digestOf = (history: Entry[]) =>
  createHash('sha256').update(JSON.stringify(history)).digest('hex');

export const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed);

/** A simulation to look into, whose processes share a table of notes. */
export function open(
  weather: Partial<Weather> = {},
  seed = 1,
  platform: SimulatedPlatform = 'simulated',
) {
  const simulation = new Simulation({
    seed,
    weather: { ...clear, ...weather },
    openGateway: openTestGateway,
    platform,
  });
  const history: Entry[] = [];
  simulation.onHistory((entry) => history.push(entry));
  const join = async (name: string, prepare = async (_: ReturnType<typeof parts>) => {}) => {
    const joined = parts(simulation, name);
    await prepare(joined);
    await joined.platform.start();
    return joined;
  };
  const records = () => [...simulation.engines.records('auth_notes').values()] as Note[];
  const of = <K extends Entry['kind']>(kind: K) =>
    history.filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
  const faults = () => new Set(of('fault').map(({ what }) => what));
  const pass = (ms: number) => simulation.runUntil(simulation.nowMs + ms);
  return { simulation, history, join, records, of, faults, pass };
}

export function parts(simulation: Simulation, name: string, skewMs = 0) {
  const process = simulation.process(name, skewMs);
  const { platform } = process;
  const table = platform.table('auth', notes);
  /** Saves a note together with its event. */
  const write = async (story = 'a story') => {
    const note = noteOf(platform);
    await table.insert(note, [eventOf(platform, note.id, story)]);
    return note;
  };
  return { process, platform, table, write };
}

/** Records how a promise settles, without waiting for it. */
export function outcome<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error) => {
      seen.error = error;
    },
  );
  return seen;
}
