import { describe, expect, it } from 'vitest';
import { lineSchema } from './shared.ts';
import { ticketSchema } from './ticket.ts';

const read = (text: string) => lineSchema('title', 200).safeParse(text);

describe('a line of text', () => {
  it.each([
    '\u200b',
    '\u3164',
    '\u00ad',
    '\u2800',
    '\u0301',
    '\u200d',
    '\ufe0f',
    ' \u2060 \u115f ',
    '\u202e\u2066',
    '\u{e0041}',
  ])('that looks empty is refused (%j)', (text) => {
    expect(read(text).error?.issues[0]?.message).toMatch(/must not be empty|can be seen/);
  });

  it.each(['one\u2028two', 'one\u2029two', 'one\ntwo', '\ud800'])('is one line (%j)', (text) => {
    expect(read(text).success).toBe(false);
  });

  it.each([
    ['Final \u202etekcit', 'Final tekcit'],
    ['\u2066Row\u2069 A\u200e', 'Row A'],
    ['Ro\u00adw\u200b 1\u200d', 'Row 1'],
    ['\u200b Row 1', 'Row 1'],
    ['Cafe\u0301', 'Café'],
    ['A\u{e0041}\ufe0f', 'A'],
  ])('loses what deceives (%j)', (text, kept) => {
    expect(read(text).data).toBe(kept);
  });

  it.each([
    ['a family of emoji', '👨\u200d👩\u200d👧'],
    ['a heart on fire', '❤\ufe0f\u200d🔥'],
    ['a skin tone', '🧑🏽\u200d🚀'],
    ['a key cap', '1\ufe0f\u20e3'],
    ['the flag of Wales', '🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}'],
    ['Persian', 'می\u200cخواهم'],
    ['Hindi', 'क्\u200dष'],
    ['Malayalam', 'അവന്\u200d'],
    ['a variant of Han', '葛\u{e0100}'],
  ])('keeps %s', (_, text) => {
    expect(read(text).data).toBe(text);
  });

  it('that was stored before still opens', () => {
    expect(ticketSchema.shape.title.parse('\u202e\u200b')).toBe('\u202e\u200b');
  });
});
