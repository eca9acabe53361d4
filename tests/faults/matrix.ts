/** The faults, alone and together. */
import { setTimeout as pause } from 'node:timers/promises';
import type { EventType } from '@fairseat/common/events';
import type { EngineName } from './engines.ts';
import { engineNames } from './links.ts';
import { restores } from './restores.ts';
import { serviceNames } from './services.ts';
import type { Fault, Stage } from './stage.ts';

/** The steps of a purchase, each by the event that it publishes. */
const steps: EventType[] = [
  'ticket.created',
  'order.created',
  'ticket.reserved',
  'order.awaiting_payment',
  'charge.authorized',
  'order.secured',
  'charge.completed',
  'order.completed',
  'ticket.sold',
];
const AWAY_MS = 3000;
const LINK_MS = 6000;
const SLOW_MS = 200;
const PAUSED_MS = 20_000;
const FULL_MS = 6000;
const OFF_MS = 60_000;
const OFF_FOR_MS = 8000;

export function kill(service: string, at = steps): Fault {
  return {
    name: `${service} killed at ${at === steps ? 'each step of a purchase' : at.join(', ')}`,
    async happen(stage, again) {
      for (const step of at) {
        // Each kill must be a fault of its own, not one on top of another.
        await stage.caughtUp();
        await stage.heard(step, ({ type }) => type === step);
        await stage.services.killed(service);
        await again();
      }
    },
  };
}

export function killEngines(...names: EngineName[]): Fault {
  return {
    name: `${names.join(', ')} killed, back after ${AWAY_MS / 1000} s`,
    async happen({ servers }, again) {
      await Promise.all(names.map((name) => servers[name].kill()));
      await pause(AWAY_MS);
      await Promise.all(names.map((name) => servers[name].start()));
      await again();
    },
  };
}

const killTogether = (service: string, engine: EngineName): Fault => ({
  name: `${service} and ${engine} killed together`,
  async happen({ servers, services }, again) {
    const back = services.killed(service);
    await servers[engine].kill();
    await pause(AWAY_MS);
    await servers[engine].start();
    await back;
    await again();
  },
});

export const loseData = (engine: EngineName): Fault => ({
  name: `${engine} killed and its data deleted`,
  async happen({ servers }, again) {
    await servers[engine].kill();
    await servers[engine].wipe();
    await servers[engine].start();
    await again();
  },
});

/** Unlike with lost data, Redis keeps running and its connections stay open. */
const flushRedis: Fault = {
  name: 'Redis flushed, all alarms lost',
  async happen({ servers }, again) {
    await servers.Redis.flush();
    await again();
  },
};

const fillDisk = (engine: EngineName): Fault => ({
  name: `${engine} has no room on its disk for ${FULL_MS / 1000} s`,
  impossible: ({ servers }) =>
    servers[engine].hasDisk ? undefined : 'only root on Linux can give it a small disk',
  async happen({ servers }, again) {
    await servers[engine].fillDisk();
    await pause(FULL_MS);
    await servers[engine].freeDisk();
    // An operator would restart it too.
    await servers[engine].kill();
    await servers[engine].start();
    await again();
  },
});

const pausedFor = (service: string): Fault => ({
  name: `${service} paused for ${PAUSED_MS / 1000} s (SIGSTOP)`,
  async happen({ services }, again) {
    services.signal(service, 'SIGSTOP');
    await pause(PAUSED_MS);
    services.signal(service, 'SIGCONT');
    await again();
  },
});

type Harm = (stage: Stage, engine: EngineName) => Promise<unknown> | undefined;

const harmLink =
  (what: string, harm: Harm) =>
  (engine: EngineName): Fault => ({
    name: `link to ${engine} ${what} for ${LINK_MS / 1000} s`,
    async happen(stage, again) {
      await harm(stage, engine);
      await pause(LINK_MS);
      await stage.links?.heal();
      await again();
    },
  });

const cut = harmLink('cut', ({ links }, engine) => links?.cut(engine));
const dead = harmLink('dead without a word', ({ links }, engine) => links?.goDead(engine));
const mute = harmLink('loses all answers', ({ links }, engine) => links?.loseAnswers(engine));
const slow = harmLink(`slowed by ${SLOW_MS} ms`, ({ links }, engine) =>
  links?.slow(engine, SLOW_MS),
);

const clockOff = (service: string, byMs: number): Fault => ({
  name: `clock of ${service} ${Math.abs(byMs) / 1000} s ${byMs > 0 ? 'ahead' : 'behind'}`,
  async happen(stage, again) {
    await stage.services.setAhead(service, byMs);
    await again();
    // expiration publishes too rarely to wait for an event, so the time that it printed must do.
    const aheadMs = service === 'expiration' ? byMs : await stage.aheadMs(service);
    if (Math.abs(aheadMs - byMs) > OFF_MS / 4) throw new Error(`its clock is ${aheadMs} ms off`);
    await pause(OFF_FOR_MS);
    await stage.services.setAhead(service, 0);
    await again();
  },
});

/** Slow services have much in hand when they die. */
const slowAndKilled: Fault = {
  name: `all links slowed by ${SLOW_MS} ms, then orders and tickets killed`,
  async happen({ links, services }, again) {
    for (const name of engineNames) await links?.slow(name, SLOW_MS);
    await pause(AWAY_MS);
    await Promise.all([services.killed('orders'), services.killed('tickets')]);
    await links?.heal();
    await again();
  },
};

const lostWhilePaused: Fault = {
  name: 'NATS loses its data while both orders are paused',
  async happen({ servers, services }, again) {
    for (const replica of [1, 2]) services.signal('orders', 'SIGSTOP', replica);
    try {
      await servers.NATS.kill();
      await servers.NATS.wipe();
      await servers.NATS.start();
      await pause(AWAY_MS);
    } finally {
      for (const replica of [1, 2]) services.signal('orders', 'SIGCONT', replica);
    }
    await again();
  },
};

/** One process a service, straight to its engines. */
const alone: Fault[] = [
  loseData('NATS'),
  ...serviceNames.map((service) => kill(service)),
  killEngines('database'),
  killEngines('NATS'),
  killEngines('Redis'),
  killEngines('database', 'NATS', 'Redis'),
  killTogether('orders', 'NATS'),
  killTogether('tickets', 'database'),
  killTogether('expiration', 'Redis'),
  flushRedis,
  loseData('Redis'),
  fillDisk('database'),
  fillDisk('NATS'),
  fillDisk('Redis'),
  pausedFor('expiration'),
];

/** Two processes a service, by links that can be harmed. */
const inTwos: Fault[] = [
  lostWhilePaused,
  ...serviceNames.map((service) => kill(service, ['order.created'])),
  ...(['orders', 'tickets', 'payments'] as const).map(pausedFor),
  ...[cut, dead, mute, slow].flatMap((harm) => engineNames.map(harm)),
  slowAndKilled,
  ...(['orders', 'tickets', 'payments', 'expiration'] as const).flatMap((service) => [
    clockOff(service, OFF_MS),
    clockOff(service, -OFF_MS),
  ]),
];

export const parts = {
  alone: { title: 'One process a service', faults: alone },
  restores: { title: 'Parts that go back to a backup, two processes a service', faults: restores },
  inTwos: { title: 'Two processes a service, by links that can be harmed', faults: inTwos },
};
