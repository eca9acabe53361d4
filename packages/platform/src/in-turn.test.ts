import { expect, it } from 'vitest';
import { InTurn } from './in-turn.ts';

it('begins work of one record when all before it is done, and of another at once', async () => {
  const inTurn = new InTurn();
  const told: string[] = [];
  const add = (record: string, name: string) => {
    const end = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const work = () => {
      told.push(`${name} begins`);
      return end.promise;
    };
    inTurn.add(record, work, () => {
      told.push(`${name} is done`);
      done.resolve();
    });
    return () => {
      end.resolve();
      return done.promise;
    };
  };
  const endOne = add('a', 'one');
  const endTwo = add('a', 'two');
  const endOther = add('b', 'other');
  await endOther();
  await endOne();
  const endThree = add('a', 'three');
  await endTwo();
  await endThree();
  // The record was forgotten, since its work had ended, and begins anew.
  await add('a', 'four')();
  expect(told).toEqual([
    'one begins',
    'other begins',
    'other is done',
    'one is done',
    'two begins',
    'two is done',
    'three begins',
    'three is done',
    'four begins',
    'four is done',
  ]);
});
