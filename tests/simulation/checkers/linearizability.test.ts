import { describe, expect, it } from 'vitest';
import { type Act, firstImpossible } from './linearizability.ts';

type Holder = string | null;

const NEVER = Number.POSITIVE_INFINITY;

const hold = (id: string, from: number, to: number): Act<Holder> => ({
  from,
  to,
  label: `hold ${id}`,
  apply: (holder) => (holder === null ? id : undefined),
});
const free = (id: string, from: number, to: number): Act<Holder> => ({
  from,
  to,
  label: `free ${id}`,
  apply: (holder) => (holder === id ? null : undefined),
});
const see = (seen: Holder, from: number, to: number): Act<Holder> => ({
  from,
  to,
  label: `see ${seen}`,
  onlyLooks: true,
  apply: (holder) => (holder === seen ? holder : undefined),
});

const impossible = (...acts: Act<Holder>[]) => firstImpossible<Holder>(null, acts)?.label;

describe('a history of holds', () => {
  it('is possible one after the other', () => {
    expect(
      impossible(
        hold('a', 1, 2),
        see('a', 3, 4),
        free('a', 5, 6),
        hold('b', 7, 8),
        see('b', 9, 10),
      ),
    ).toBe(undefined);
  });

  it('is possible in another order than that of the requests', () => {
    expect(impossible(hold('b', 1, 8), hold('a', 2, 3), free('a', 4, 7))).toBe(undefined);
  });

  it('may be seen on both sides of a change under way', () => {
    expect(impossible(hold('a', 1, 6), see(null, 2, 3), see('a', 4, 5))).toBe(undefined);
  });

  it('is impossible when two hold at once', () => {
    expect(impossible(hold('a', 1, 3), hold('b', 2, 4))).toBe('hold b');
  });

  it('is impossible when an old state is seen again', () => {
    expect(impossible(hold('a', 1, 6), see('a', 2, 3), see(null, 4, 5))).toBe('see null');
  });

  it('is impossible when something is seen after its end', () => {
    expect(impossible(hold('a', 1, 2), free('a', 3, 4), see('a', 5, 6))).toBe('see a');
  });

  it('may have had an effect that was never answered', () => {
    expect(impossible(hold('a', 1, NEVER), see('a', 2, 3))).toBe(undefined);
    expect(impossible(hold('a', 1, NEVER), see(null, 2, 3))).toBe(undefined);
    expect(impossible(hold('a', 1, NEVER), hold('b', 2, 3), see('a', 4, 5))).toBe('see a');
  });

  it('has no effect before it was asked for', () => {
    expect(impossible(see('a', 1, 2), hold('a', 3, 4))).toBe('see a');
  });

  it('with many looks at once is told quickly', () => {
    const looks = Array.from({ length: 200 }, (_, n) => see(n % 2 ? 'a' : null, 2 + n, 1000 + n));
    expect(impossible(hold('a', 1, 999), ...looks)).toBe(undefined);
  });
});
