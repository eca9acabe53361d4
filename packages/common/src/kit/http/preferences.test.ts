import { describe, expect, it } from 'vitest';
import { preferencesIn } from './preferences.ts';

describe('Prefer', () => {
  it.each([
    [undefined, {}],
    ['', {}],
    ['wait=5', { wait: '5' }],
    ['Wait=5', { wait: '5' }],
    ['WAIT = 5', { wait: '5' }],
    ['wait="5"', { wait: '5' }],
    ['wait="\\5"', { wait: '5' }],
    ['respond-async, wait=5', { 'respond-async': '', wait: '5' }],
    [' ,, respond-async ,\twait=5,', { 'respond-async': '', wait: '5' }],
    ['wait=5; strict', { wait: '5' }],
    ['handling=lenient; wait=9, wait=5', { handling: 'lenient', wait: '5' }],
    ['handling=lenient ;; note="a, wait=9" , wait=5', { handling: 'lenient', wait: '5' }],
    ['note="wait=9, wait=8", wait=5', { note: 'wait=9, wait=8', wait: '5' }],
    ['note="a \\", wait=9", wait=5', { note: 'a ", wait=9', wait: '5' }],
    ['wait=5, wait=9', { wait: '5' }],
    ['wait', { wait: '' }],
    ['wait=""', { wait: '' }],
    ['= wait=9, wait=5', { wait: '5' }],
    ['@wait=9, wait=5', { wait: '5' }],
    ['"wait=9", wait=5', { wait: '5' }],
    ['note="never ends, wait=9', { note: '', wait: '9' }],
  ])('%j means %j', (header, meant) => {
    expect(Object.fromEntries(preferencesIn(header))).toEqual(meant);
  });
});
