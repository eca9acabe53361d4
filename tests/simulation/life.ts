/** Takes all people through their steps: each person's one after the other, all people at the same time. */
import type { Simulation } from '@fairseat/platform/simulated';
import { actions } from './actions.ts';
import { PASSWORD } from './checkers/answers.ts';
import type { Client } from './client.ts';
import { type Ask, bodyOf } from './exchange.ts';
import type { Market, Person } from './people.ts';
import type { Plan, Step } from './plan.ts';

export interface Surroundings {
  plan: Plan;
  simulation: Simulation;
  client: Client;
  market: Market;
  /** True when the run may end at once. */
  isOver(): boolean;
}

const MAX_SIGN_INS = 6;

/** Resolves once all people have taken their last step. */
export async function live(world: Surroundings): Promise<void> {
  const startMs = world.simulation.nowMs;
  const stepsOf = Map.groupBy(world.plan.steps, ({ person }) => person);
  const lives = [...stepsOf].map(async ([number, steps]) => {
    const person = world.market.person(number);
    for (const step of steps) {
      await untilMs(world, startMs + step.atMs);
      if (world.isOver()) return;
      await take(world, person, step);
    }
  });
  await Promise.all(lives);
}

async function take(world: Surroundings, person: Person, step: Step) {
  const { client, market, plan, simulation } = world;
  if (person.cookie === undefined) await signIn(world, person, `step-${step.id}`);
  if (person.cookie === undefined) return;
  await actions[step.action]({
    person,
    market,
    hotness: plan.hotness,
    banksAskBack: plan.banksAskBack === true,
    dice: step.dice,
    nowMs: () => simulation.nowMs,
    until: (atMs) => untilMs(world, atMs),
    ask: async (label, ask, asker = person) => {
      const reply = await client.ask(asker, ask, `step-${step.id}-${label}`);
      if (ask.headers?.['idempotency-key'] && asker === person) person.keyed.push(ask);
      return reply;
    },
  });
}

/** Signs up the first time. Retries alternate with signing in, since a lost answer may have created the account. */
export async function signIn({ client }: Surroundings, person: Person, story: string) {
  const body = { email: person.email, password: PASSWORD };
  const up: Ask = { route: 'POST /api/users/signup', body };
  const back: Ask = { route: 'POST /api/users/signin', body };
  for (let attempt = 1; attempt <= MAX_SIGN_INS; attempt++) {
    const isNew = person.userId === '' && attempt % 2 === 1;
    const reply = await client.ask(person, isNew ? up : back, `${story}-sign-in-${attempt}`);
    if (reply?.cookie === undefined || reply.status >= 300) continue;
    person.cookie = reply.cookie;
    person.userId = bodyOf(reply).id ?? '';
    return;
  }
}

/** Resolves at that true time, or at once when it is past. */
export function untilMs({ simulation }: Surroundings, atMs: number): Promise<void> {
  if (atMs <= simulation.nowMs) return Promise.resolve();
  return new Promise((resolve) => simulation.at(Math.ceil(atMs), resolve));
}
