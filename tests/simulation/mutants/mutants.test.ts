import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { elsewhere } from './elsewhere.ts';
import { patch } from './mutant.ts';
import { shown } from './results.ts';

const root = join(import.meta.dirname, '../../..');

describe('a mutant', () => {
  it.each(catalogue)('is a bug that the sources can have: $name', (mutant) => {
    const source = readFileSync(join(root, mutant.file), 'utf8');
    const mutated = patch(source, mutant);
    expect(mutated).not.toBe(source);
    expect(() => stripTypeScriptTypes(mutated)).not.toThrow();
    expect(mutant.rules).not.toEqual([]);
  });

  it('has a name of its own', () => {
    const names = catalogue.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(-[a-z]+)+$/.test(name))).toEqual([]);
  });

  it('is refused when the place that it changes is gone or not the only one', () => {
    const [mutant] = catalogue;
    if (mutant === undefined) throw new Error('There are no mutants.');
    expect(() => patch('nothing', mutant)).toThrow(`${mutant.file}: it is there 0 times`);
    expect(() => patch(mutant.find + mutant.find, mutant)).toThrow('it is there 2 times');
  });
});

describe('every known failure', () => {
  it('is brought back by a mutant, or it is said why not', () => {
    const numbers = Array.from({ length: 44 }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !shown.has(number) && !elsewhere[number]);
    const both = numbers.filter((number) => shown.has(number) && elsewhere[number]);
    expect([missing, both]).toEqual([[], []]);
  });
});
