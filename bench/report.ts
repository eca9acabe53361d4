/** The measured figures in one shape: printed as they come and kept as JSON. */
import type { Run } from './load.ts';
import { median, quantile } from './numbers.ts';

export interface Figure {
  name: string;
  unit: string;
  /** The median of the rounds. */
  value: number;
  rounds: number[];
}

export interface Comparison {
  name: string;
  /** The median of the rounds' own ratios, since a slow phase of the machine slows both sides of a round. */
  ratio: number;
  of: Figure;
  against: Figure;
  atLeast?: number;
  atMost?: number;
  holds?: boolean;
}

export interface Bound {
  name: string;
  value: number;
  unit: string;
  atLeast?: number;
  atMost?: number;
  holds: boolean;
}

interface Limits {
  atLeast?: number;
  atMost?: number;
}

export class Report {
  readonly sections: Record<
    string,
    { figures: Figure[]; comparisons: Comparison[]; bounds: Bound[]; notes: string[] }
  > = {};
  #section = '';

  begin(section: string) {
    this.#section = section;
    this.sections[section] = { figures: [], comparisons: [], bounds: [], notes: [] };
    console.log(`\n${section}`);
  }

  figure(name: string, unit: string, rounds: number[]): Figure {
    const figure = { name, unit, value: median(rounds), rounds: rounds.map(rounded) };
    this.#current.figures.push(figure);
    const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
    const range = rounds.length > 1 ? `  (${pretty(least)} to ${pretty(most)})` : '';
    this.#line(name, `${pretty(figure.value)} ${unit}${range}`);
    return figure;
  }

  /** Reports the ratio of `of` to `against`. */
  compare(name: string, of: Figure, against: Figure, limits: Limits = {}) {
    const ratio = median(of.rounds.map((value, round) => value / (against.rounds[round] ?? NaN)));
    const limited = limits.atLeast !== undefined || limits.atMost !== undefined;
    const holds = isWithin(ratio, limits);
    this.#current.comparisons.push({
      name,
      ratio,
      of,
      against,
      ...limits,
      ...(limited && { holds }),
    });
    this.#line(name, `${ratio.toFixed(3)}${verdict(limits, '', holds)}`);
  }

  bound(name: string, value: number, unit: string, limits: Limits) {
    const holds = isWithin(value, limits);
    this.#current.bounds.push({ name, value: rounded(value), unit, ...limits, holds });
    this.#line(name, `${pretty(value)} ${unit}${verdict(limits, ` ${unit}`, holds)}`);
  }

  note(text: string) {
    this.#current.notes.push(text);
    console.log(`  ${text}`);
  }

  /** The names of the comparisons and bounds that do not hold. */
  get missed(): string[] {
    return Object.values(this.sections).flatMap(({ comparisons, bounds }) =>
      [...comparisons, ...bounds].filter(({ holds }) => holds === false).map(({ name }) => name),
    );
  }

  get #current() {
    const current = this.sections[this.#section];
    if (!current) throw new Error('no section has begun');
    return current;
  }

  #line(name: string, text: string) {
    console.log(`  ${name.padEnd(62)} ${text}`);
  }
}

const isWithin = (value: number, { atLeast = -Infinity, atMost = Infinity }: Limits) =>
  value >= atLeast && value <= atMost;

function verdict({ atLeast, atMost }: Limits, unit: string, holds: boolean): string {
  if (atLeast === undefined && atMost === undefined) return '';
  const wanted = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}${unit}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}${unit}`]),
  ];
  return `  ${holds ? '✓' : '✗ MISSED'} (${wanted.join(', ')})`;
}

const rounded = (value: number) => Number(value.toPrecision(5));

function pretty(value: number): string {
  return value.toLocaleString('en', {
    maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0,
  });
}

export function reportLatencies(report: Report, name: string, runs: Run[]) {
  const of = (share: number) => runs.map((run) => quantile(run.latenciesMs, share));
  report.figure(`${name}, p50`, 'ms', of(0.5));
  report.figure(`${name}, p99`, 'ms', of(0.99));
}

/** Notes when something other than the server has limited the rate. */
export function reportSurroundings(report: Report, runs: Record<string, Run[]>) {
  for (const [name, of] of Object.entries(runs)) {
    const client = median(of.map((run) => run.clientShare));
    const others = median(of.map((run) => run.othersShare));
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    if (client > 0.9) report.note(`The load generator was busy ${percent(client)} (${name}).`);
    if (others > 0.1) report.note(`Other processes took ${percent(others)} of a core (${name}).`);
  }
}
