/** Finds the smallest plan that still breaks the same rule, since people must read it. */
import { clear, type Weather } from '@fairseat/platform/simulated';
import { type Plan, SERVICES } from './plan.ts';
import { type Outcome, type RunOptions, run } from './run.ts';

export interface Shrunk {
  plan: Plan;
  outcome: Outcome;
  /** The number of runs it took. */
  runs: number;
}

const WITHIN_MS = 20_000;

/** `outcome` is the plan's outcome; `withinMs` is wall-clock time. */
export async function shrink(
  plan: Plan,
  outcome: Outcome,
  options: RunOptions = {},
  withinMs = WITHIN_MS,
): Promise<Shrunk> {
  const shrinking = new Shrinking(plan, outcome, options, performance.now() + withinMs);
  await shrinking.cutEnd();
  await shrinking.calm();
  await shrinking.dropPeople();
  await shrinking.dropSteps();
  await shrinking.dropFaults();
  await shrinking.calmWeather();
  await shrinking.dropSteps();
  await shrinking.tidyTimes();
  return shrinking.result();
}

class Shrinking {
  #plan: Plan;
  #outcome: Outcome;
  #runs = 0;
  readonly #options: RunOptions;
  readonly #deadline: number;

  constructor(plan: Plan, outcome: Outcome, options: RunOptions, deadline: number) {
    this.#plan = plan;
    this.#outcome = outcome;
    this.#options = options;
    this.#deadline = deadline;
  }

  result(): Shrunk {
    return { plan: this.#plan, outcome: this.#outcome, runs: this.#runs };
  }

  /** Drops steps and faults planned for after the violation. */
  async cutEnd() {
    const { steps, faults } = this.#plan;
    const endMs = this.#outcome.counts.simulatedMs;
    const until = <T extends { atMs: number }>(items: T[]) =>
      items.filter(({ atMs }) => atMs <= endMs);
    await this.#try({ steps: until(steps), faults: until(faults) });
  }

  /** Tries with few or no faults, which often do not matter. */
  async calm() {
    const { skewsMs } = this.#plan;
    const none = Object.fromEntries(
      SERVICES.map((name) => [name, (skewsMs[name] ?? []).map(() => 0)]),
    );
    const one = Object.fromEntries(SERVICES.map((name) => [name, 1]));
    await this.#try({ faults: [], weather: clear });
    await this.#try({ weather: clear });
    await this.#try({ faults: [] });
    await this.#try({ requestLost: 0, replyLost: 0 });
    await this.#try({ skewsMs: none as Plan['skewsMs'] });
    await this.#try({ replicas: one as Plan['replicas'] });
  }

  async dropPeople() {
    const { people } = this.#plan;
    for (let person = 0; person < people; person++) {
      const steps = this.#plan.steps.filter((step) => step.person !== person);
      if (steps.length < this.#plan.steps.length) await this.#try({ steps });
    }
  }

  async dropSteps() {
    await this.#fewer(this.#plan.steps, (steps) => this.#try({ steps }));
  }

  async dropFaults() {
    await this.#fewer(this.#plan.faults, (faults) => this.#try({ faults }));
  }

  async calmWeather() {
    for (const part of Object.keys(clear) as (keyof Weather)[]) {
      const weather = { ...this.#plan.weather, [part]: clear[part] };
      if (this.#plan.weather[part] !== clear[part]) await this.#try({ weather });
    }
  }

  /** Rounds times, since whole seconds are easier to read. */
  async tidyTimes() {
    for (const grainMs of [1000, 100]) {
      const steps = this.#plan.steps.map((step) => ({
        ...step,
        atMs: Math.round(step.atMs / grainMs) * grainMs,
      }));
      if (await this.#try({ steps })) return;
    }
  }

  /** Drops ever smaller pieces, and keeps each change for which `isEnough` resolves with true (delta debugging). */
  async #fewer<T>(all: T[], isEnough: (rest: T[]) => Promise<boolean>) {
    let items = all;
    for (let size = Math.ceil(items.length / 2); size >= 1; ) {
      const before = items.length;
      for (let at = 0; at < items.length; ) {
        const rest = items.toSpliced(at, size);
        if (await isEnough(rest)) items = rest;
        else at += size;
      }
      if (size > 1) size = Math.floor(size / 2);
      else if (items.length === before) return;
    }
  }

  /** Keeps a change if the plan then still breaks the same rule. */
  async #try(change: Partial<Plan>): Promise<boolean> {
    if (performance.now() > this.#deadline) return false;
    const plan = { ...this.#plan, ...change };
    this.#runs += 1;
    const outcome = await run(plan, this.#options);
    if (outcome.found?.invariant !== this.#outcome.found?.invariant) return false;
    this.#plan = plan;
    this.#outcome = outcome;
    return true;
  }
}
