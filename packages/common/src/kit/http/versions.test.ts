import { describe, expect, it } from 'vitest';
import { versionsIn } from './versions.ts';

describe('If-Match', () => {
  it.each([
    [undefined, [1, 7, 17]],
    ['*', [1, 7, 17]],
    [' * ', [1, 7, 17]],
    ['"7"', [7]],
    ['W/"7"', [7]],
    ['"1", "17"', [1, 17]],
    ['"1",W/"7" , "x"', [1, 7]],
    ['"other"', []],
    ['""', []],
  ])('%s means the versions %j', (header, meant) => {
    expect([1, 7, 17].filter(versionsIn(header))).toEqual(meant);
  });

  it.each(['7', '', '"7', '7"', '"7" "8"', '"7",', 'w/"7"', '*, "7"'])(
    'that is no list of tags is refused (%j)',
    (header) => {
      expect(() => versionsIn(header)).toThrow(
        expect.objectContaining({ status: 400, code: 'invalid_if_match' }),
      );
    },
  );
});
