import { describe, expect, it } from 'vitest';
import { clockFace, isSaid, secondsLeft, spoken } from './countdown.ts';

describe('the countdown', () => {
  it('counts the last second until it is over, and no further', () => {
    expect([-5, 0, 1, 999, 1000, 1001].map((ms) => secondsLeft(ms, 0))).toEqual([0, 0, 1, 1, 1, 2]);
  });

  it('shows minutes and seconds by two digits each, and hours when there are any', () => {
    expect([0, 9, 60, 872, 3723].map(clockFace)).toEqual([
      '00:00',
      '00:09',
      '01:00',
      '14:32',
      '1:02:03',
    ]);
  });

  it('is spoken in words', () => {
    expect([872, 60, 61, 1].map(spoken)).toEqual([
      '14 minutes 32 seconds',
      '1 minute',
      '1 minute 1 second',
      '1 second',
    ]);
  });

  it('speaks each minute, then in the last 30 seconds', () => {
    const said = Array.from({ length: 181 }, (_, second) => 180 - second).filter(isSaid);
    expect(said).toEqual([180, 120, 60, 30, 20, 10, 5, 4, 3, 2, 1]);
  });
});
