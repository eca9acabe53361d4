/** Tests of the whole marketplace under the simulator: briefly here, at length by `npm run simulate`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Unavailable } from '@fairseat/common/errors';
import type { Handlers, Platform } from '@fairseat/common/ports';
import { changed, withoutUniqueKey } from '@fairseat/test-support/interleaving';
import { describe, expect, it } from 'vitest';
import { FlagError, readFlags } from './flags.ts';
import {
  createPlan,
  FAULT_LEVELS,
  type FaultLevel,
  PLATFORMS,
  type PlanOptions,
  type PlatformName,
} from './plan.ts';
import { type RunOptions, run } from './run.ts';
import { shrink } from './shrink.ts';
import { tell } from './story.ts';

const execute = promisify(execFile);

/** Takes seconds, but minutes on a busy machine. */
const PATIENT = { timeout: 120_000 };

/** The command that `npm run simulate` runs. */
const COMMAND = ['--conditions=@fairseat/source', join(import.meta.dirname, 'main.ts')];

/** Runs the command. Resolves whatever its exit code. */
async function simulate(...args: string[]) {
  return execute(process.execPath, [...COMMAND, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const outcomeOf = (seed: number, options: PlanOptions, how: RunOptions = {}) =>
  run(createPlan(seed, options), how);

/** Returns the first seed that breaks a rule. */
async function firstFailure(options: PlanOptions, how: RunOptions) {
  for (let seed = 1; seed <= 20; seed++) {
    const plan = createPlan(seed, options);
    const outcome = await run(plan, how);
    if (outcome.crash) throw new Error(outcome.crash);
    if (outcome.found) return { plan, outcome };
  }
  throw new Error('nothing was found');
}

describe('the marketplace', () => {
  it.each<[PlatformName, FaultLevel, number]>([
    ['simulated', 'none', 10],
    ['simulated', 'some', 25],
    ['simulated', 'all', 15],
    ['embedded', 'none', 5],
    ['embedded', 'some', 15],
    ['embedded', 'all', 10],
  ])(
    'on the %s platform keeps every rule with %s of the faults, over %i seeds',
    PATIENT,
    async (platform, faults, seeds) => {
      let purchases = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const { found, crash, counts } = await outcomeOf(seed, { steps: 250, faults, platform });
        expect({ seed, found, crash }).toEqual({ seed, found: undefined, crash: undefined });
        purchases += counts.purchases;
      }
      expect(purchases).toBeGreaterThan(seeds * 10);
    },
  );

  it(
    'keeps every rule through restores, upgrades, a lost bus and forgotten events',
    PATIENT,
    async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const options = { steps: 250, faults: 'some', troubles: 'time' } as const;
        const { found, crash } = await outcomeOf(seed, options);
        expect({ seed, found, crash }).toEqual({ seed, found: undefined, crash: undefined });
      }
    },
  );
});

describe.each(PLATFORMS)('a seed of the %s platform', (platform) => {
  const options = { steps: 100, faults: 'all', platform } as const;

  it('gives the same history each time, to the byte', async () => {
    const [first, second] = [
      await outcomeOf(5, options, { hash: true }),
      await outcomeOf(5, options, { hash: true }),
    ];
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toEqual(first);
  });

  it('gives the same history in another process', PATIENT, async () => {
    const { hash } = await outcomeOf(5, options, { hash: true });
    const flags = `--seed 5 --steps 100 --faults all --platform ${platform} --troubles usual`;
    const { stdout } = await simulate(...flags.split(' '));
    expect(stdout).toContain(`History ${hash}`);
  });

  it('gives another history than the next', async () => {
    const [five, six] = [
      await outcomeOf(5, options, { hash: true }),
      await outcomeOf(6, options, { hash: true }),
    ];
    expect(five.hash).not.toBe(six.hash);
  });

  it.each(FAULT_LEVELS)('makes the same plan each time with %s faults', (faults) => {
    const plan = createPlan(7, { steps: 50, faults, platform });
    expect(createPlan(7, { steps: 50, faults, platform })).toEqual(plan);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

/** Wraps a platform to change the handlers of one service. */
const handling =
  (group: string, change: (handlers: Handlers) => Handlers) =>
  (platform: Platform): Platform => ({
    ...platform,
    bus: changed(platform.bus, {
      consume: (name, handlers) =>
        platform.bus.consume(name, name === group ? change(handlers) : handlers),
    }),
  });

describe('a bug that was planted', () => {
  const options = { steps: 150, faults: 'some' } as const;

  it('is found, shrunk and told', PATIENT, async () => {
    const how = { wrap: withoutUniqueKey('orders', 'active_ticket') };
    const { plan, outcome } = await firstFailure(options, how);
    expect(outcome.found?.invariant).toBe('one order a ticket');
    const shrunk = await shrink(plan, outcome, how);
    expect(shrunk.outcome.found?.invariant).toBe('one order a ticket');
    expect(shrunk.plan.steps.length).toBeLessThanOrEqual(30);
    const { text, page } = await tell(shrunk.plan, how);
    expect(text).toMatch(/orders \d +order A1: new → created, says order.created/);
    expect(text).toMatch(/person \d+ → orders +POST .api.orders \{"ticketId":"ticket A"/);
    expect(text).toMatch(/✗ one order a ticket\n {2}order \w+ joins order \w+$/);
    expect(page).toContain('```mermaid\nsequenceDiagram\n');
    expect(page).toMatch(/ {2}person_\d+->>orders: POST/);
  });

  it.each<[what: string, wrap: (platform: Platform) => Platform, rule: RegExp]>([
    [
      'tickets that do not hear of the end of orders',
      handling('tickets', ({ 'order.cancelled': _, ...handlers }) => handlers),
      /^comes to rest: cancelled … holds …$/,
    ],
    [
      'services that do not hear of the end of sessions',
      handling('orders', ({ 'session.ended': _, ...handlers }) => handlers),
      /^(a session ends everywhere|an answer is true: GET \/api\/orders)$/,
    ],
    [
      'a handler that throws',
      handling('payments', (handlers) => ({
        ...handlers,
        'order.created': async () => {
          throw new TypeError('planted');
        },
      })),
      /^handlers do not fail$/,
    ],
    [
      'a marketplace where nobody can pay',
      (platform) => ({
        ...platform,
        gateway: changed(platform.gateway, {
          open: () => Promise.reject(new TypeError('planted')),
        }),
      }),
      /^no unexpected error$/,
    ],
  ])('is found: %s', PATIENT, async (_, wrap, rule) => {
    const { outcome } = await firstFailure(options, { wrap });
    expect(outcome.found?.invariant).toMatch(rule);
  });
});

describe('a system that does not come to rest', () => {
  const writingOn = (platform: Platform): Platform => {
    const noise = platform.table('auth', { name: 'noise' });
    const again = () => {
      platform.clock.after(20_000, again);
      const record = { id: platform.newId(), version: 1, createdAt: '' };
      noise.insert(record).catch(() => {});
    };
    again();
    return platform;
  };

  const refusingTheLast = (platform: Platform): Platform => ({
    ...platform,
    table: (service, definition) => {
      const table = platform.table(service, definition);
      return changed<typeof table>(table, {
        insert: (record, events) =>
          'title' in record && record.title === 'The last seat'
            ? Promise.reject(new Unavailable('planted'))
            : table.insert(record, events),
      });
    },
  });

  it.each([
    ['what rests stays at rest', writingOn],
    ['a healthy system serves', refusingTheLast],
  ])('breaks the rule "%s"', async (rule, wrap) => {
    // Every tenth seed is watched for longer.
    const { found, crash } = await outcomeOf(10, { steps: 40, faults: 'some' }, { wrap });
    expect(crash).toBe(undefined);
    expect(found?.invariant).toBe(rule);
  });
});

describe('a fault of the simulator itself', () => {
  it('is told apart from a violation', async () => {
    const outcome = await outcomeOf(
      1,
      { steps: 20, faults: 'none' },
      {
        onEntry: () => {
          throw new TypeError('planted in the simulator');
        },
      },
    );
    expect(outcome.found).toBe(undefined);
    expect(outcome.crash).toMatch(/TypeError: planted in the simulator/);
  });
});

describe('npm run simulate', () => {
  it.each([
    [['--seed', 'x']],
    [['--seed', '-1']],
    [['--seeds', '0']],
    [['--seeds', '1.5']],
    [['--minutes', 'soon']],
    [['--steps', '1e9']],
    [['--faults', 'many']],
    [['--platform', 'distributed']],
    [['--sed', '1']],
    [['7']],
    [['--seeds', '1', '--minutes', '1']],
  ])('refuses %s in one clear line', (args) => {
    expect(() => readFlags(args)).toThrow(FlagError);
    expect(() => readFlags(args)).toThrow(/^[^\n]+Usage: npm run simulate[^\n]+$/);
  });

  it('ends with 2 and that line when it is asked for what it cannot do', PATIENT, async () => {
    const { code, stdout, stderr } = await simulate('--seed', 'many');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^--seed many: expected a whole number from 1 to \d+\. Usage: [^\n]+\n$/,
    );
  });

  it('tells what it covered when it is stopped', PATIENT, async () => {
    const child = spawn(process.execPath, [...COMMAND, '--minutes', '10']);
    const output: string[] = [];
    child.stdout.on('data', (chunk) => {
      // The first output shows that it has begun.
      if (output.length === 0) child.kill('SIGINT');
      output.push(String(chunk));
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(output.join('')).toMatch(/\nStopped\. No violation in \d+ seeds · .* orders · /);
  });

  it('tells what it covered', PATIENT, async () => {
    const { code, stdout } = await simulate('--seeds', '4', '--steps', '20');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^No violation in 4 seeds · .* orders · .* faults · .* seeds\/s/m);
  });
});
