/** The value that `share` of all values are at or below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const index = Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1);
  return sorted[Math.max(0, index)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** The rounds of each measure, by its name. */
export class Rounds<T> extends Map<string, T[]> {
  add(name: string, round: T) {
    const rounds = this.get(name);
    if (rounds) rounds.push(round);
    else this.set(name, [round]);
  }

  of(name: string): T[] {
    return this.get(name) ?? [];
  }
}
