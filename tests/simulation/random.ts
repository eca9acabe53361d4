/** Random numbers of a plan. */
import { createHash } from 'node:crypto';
import { seeded } from '@fairseat/common/testing/random';

export type Random = () => number;

/** Returns a stream of random numbers for one purpose, so that a change to one purpose leaves the others alone. */
export function stream(seed: number, name: string): Random {
  return seeded(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE());
}

export const between = (random: Random, least: number, most: number) =>
  least + random() * (most - least);
export const whole = (random: Random, least: number, most: number) =>
  Math.floor(between(random, least, most + 1));
export const pick = <T>(items: readonly T[], die: number): T =>
  items[Math.min(items.length - 1, Math.floor(die * items.length))] as T;
