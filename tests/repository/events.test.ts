/** The gate of events: which changes of the catalogue may be published after what was published before. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { backward, forward, type Schema } from '../../scripts/events/compare.ts';
import { breaks, unwritten } from '../../scripts/events/gate.ts';
import {
  brought,
  type History,
  readHistory,
  released,
  writeHistory,
} from '../../scripts/events/history.ts';

const base = {
  id: z.string().regex(/^[0-9a-f]{32}$/),
  status: z.enum(['on', 'off']),
  amount: z.int().min(1).max(100),
  at: z.iso.datetime(),
  note: z.string().optional(),
  holder: z.string().nullable(),
  tags: z.array(z.enum(['a', 'b'])),
  inner: z.object({ kind: z.literal('x'), text: z.string().max(9) }),
};
type Shape = Record<string, z.ZodType | undefined>;
const eventOf = (data: z.ZodType, source = 'orders') =>
  z.toJSONSchema(z.object({ source: z.literal(source), data }), { io: 'input' }) as Schema;
const old = eventOf(z.object(base));
const changed = (change: Shape) => {
  const shape = Object.entries({ ...base, ...change }).filter(([, property]) => property);
  return eventOf(z.object(Object.fromEntries(shape) as z.ZodRawShape));
};

const PASSES = { open: '', closed: '', back: '' };
const both = (path: string) => ({ open: path, closed: path, back: path });
const forwardOnly = (path: string) => ({ open: path, closed: path, back: '' });
const backOnly = (path: string) => ({ open: '', closed: '', back: path });
const closedOnly = (path: string) => ({ open: '', closed: path, back: '' });

/** The change, and the property at which old readers (open or closed) or new ones break. */
const table: [string, Shape, typeof PASSES][] = [
  ['nothing', {}, PASSES],
  ['words', { note: base.note.describe('For people.') }, PASSES],
  ['an optional property added', { more: z.string().optional() }, PASSES],
  ['a property with a default added', { more: z.string().default('') }, PASSES],
  ['a required property added', { more: z.string() }, backOnly('data.more')],
  [
    'an optional property added within',
    { inner: base.inner.extend({ more: z.int().optional() }) },
    PASSES,
  ],
  [
    'a required property added within',
    { inner: base.inner.extend({ more: z.int() }) },
    backOnly('data.inner.more'),
  ],
  ['an optional property removed', { note: undefined }, forwardOnly('data.note')],
  ['a required property removed', { amount: undefined }, forwardOnly('data.amount')],
  [
    'renamed',
    { amount: undefined, price: base.amount },
    { ...forwardOnly('data.amount'), back: 'data.price' },
  ],
  ['an optional property required', { note: z.string() }, backOnly('data.note')],
  ['a required property optional', { id: base.id.optional() }, forwardOnly('data.id')],
  ['retyped', { amount: z.string() }, both('data.amount')],
  ['retyped within', { inner: base.inner.extend({ text: z.int() }) }, both('data.inner.text')],
  [
    'whole numbers widened to all',
    { amount: z.number().min(1).max(100) },
    forwardOnly('data.amount'),
  ],
  ['a pattern changed', { id: z.string().regex(/^[0-9a-f]{16}$/) }, both('data.id')],
  ['a pattern dropped', { id: z.string() }, forwardOnly('data.id')],
  ['a pattern added', { holder: z.string().regex(/^a/).nullable() }, backOnly('data.holder')],
  ['a format dropped', { at: z.string() }, forwardOnly('data.at')],
  ['a maximum widened', { amount: z.int().min(1).max(200) }, forwardOnly('data.amount')],
  ['a maximum narrowed', { amount: z.int().min(1).max(50) }, backOnly('data.amount')],
  ['a minimum lowered', { amount: z.int().min(0).max(100) }, forwardOnly('data.amount')],
  ['a minimum raised', { amount: z.int().min(2).max(100) }, backOnly('data.amount')],
  ['a minimum told in another way', { amount: z.int().positive().max(100) }, PASSES],
  [
    'a length widened within',
    { inner: base.inner.extend({ text: z.string().max(10) }) },
    forwardOnly('data.inner.text'),
  ],
  [
    'a length narrowed within',
    { inner: base.inner.extend({ text: z.string().max(8) }) },
    backOnly('data.inner.text'),
  ],
  ['not null any more', { holder: z.string() }, backOnly('data.holder')],
  ['null allowed', { status: base.status.nullable() }, forwardOnly('data.status')],
  ['an enum value added', { status: z.enum(['on', 'off', 'broken']) }, closedOnly('data.status')],
  [
    'an enum value added in a list',
    { tags: z.array(z.enum(['a', 'b', 'c'])) },
    closedOnly('data.tags.[]'),
  ],
  ['an enum value removed', { status: z.enum(['on']) }, backOnly('data.status')],
  [
    'an enum value renamed',
    { status: z.enum(['on', 'out']) },
    { ...closedOnly('data.status'), back: 'data.status' },
  ],
  ['an enum opened to any text', { status: z.string() }, closedOnly('data.status')],
  [
    'an enum out of any text',
    { note: z.enum(['short', 'long']).optional() },
    backOnly('data.note'),
  ],
  [
    'a literal joined by another',
    { inner: base.inner.extend({ kind: z.literal(['x', 'y']) }) },
    closedOnly('data.inner.kind'),
  ],
  ['an object closed', { inner: z.strictObject(base.inner.shape) }, both('data.inner')],
  ['a union of types', { note: z.union([z.string(), z.int()]).optional() }, both('data.note')],
];

const pathsOf = (findings: { path: string }[]) =>
  [...new Set(findings.map(({ path }) => path))].join(' ');

describe('a change of an event', () => {
  it.each(table)('%s', (_, change, verdict) => {
    const now = changed(change);
    expect({
      open: pathsOf(forward(old, now, true)),
      closed: pathsOf(forward(old, now, false)),
      back: pathsOf(backward(old, now)),
    }).toEqual(verdict);
  });

  it('of its publisher breaks all readers, open ones too', () => {
    const now = eventOf(z.object(base), 'payments');
    expect(pathsOf(forward(old, now, true))).toBe('source');
    expect(pathsOf(backward(old, now))).toBe('source');
  });
});

const none: History = { index: { releases: {}, events: {} }, schemas: {} };
const first = released('0.1.0', brought({ 'order.made': old }, none));
const closed: History = {
  ...first,
  index: { ...first.index, releases: { '0.1.0': { readers: 'closed' } } },
};
const more = { 'order.made': changed({ more: z.string().optional() }) };
const broken = { 'order.made': changed({ status: z.enum(['on', 'off', 'broken']) }) };

describe('the gate of events', () => {
  it('lets a catalogue pass that is as it was published', () => {
    expect(breaks({ 'order.made': old }, first)).toEqual([]);
    expect(unwritten({ 'order.made': old }, first, ['0.1.0'])).toEqual([]);
  });

  it('wants a compatible change written, and then lets it pass', () => {
    expect(breaks(more, first)).toEqual([]);
    expect(unwritten(more, first, [])).toEqual([
      'order.made changed compatibly. Write its next version: npm run events -- --write',
    ]);
    const written = brought(more, first);
    expect(unwritten(more, written, [])).toEqual([]);
    expect(written.index.events['order.made']?.map(({ releases }) => releases)).toEqual([
      ['0.1.0'],
      [],
    ]);
  });

  it('wants a new event written', () => {
    const today = { 'order.made': old, 'order.lost': old };
    expect(breaks(today, first)).toEqual([]);
    expect(unwritten(today, first, [])).toEqual([
      'order.lost is new. Write its first version: npm run events -- --write',
    ]);
    expect(unwritten(today, brought(today, first), [])).toEqual([]);
  });

  it('replaces what no release has published, and forgets it when it is taken back', () => {
    const draft = brought(more, first);
    const other = { 'order.made': changed({ another: z.int().optional() }) };
    expect(breaks(other, draft)).toEqual([]);
    expect(brought(other, draft).schemas['order.made']).toEqual([old, other['order.made']]);
    expect(brought({ 'order.made': old }, draft)).toEqual(first);
    expect(unwritten({ 'order.made': old }, draft, [])).toHaveLength(1);
  });

  it('compares with every version, not only the last', () => {
    const second = released('0.2.0', brought(more, first));
    expect(breaks({ 'order.made': changed({ more: z.int().optional() }) }, second)).toEqual([
      "order.made: data.more was string, is integer, so readers of version 2 cannot take today's events. Leave it as it was, or add an optional property beside it.",
      "order.made: data.more was string, is integer, so today's readers cannot take events of version 2. Leave it as it was, or add an optional property beside it.",
    ]);
    expect(
      breaks(
        { 'order.made': changed({ at: base.at.optional(), more: z.string().optional() }) },
        second,
      ),
    ).toEqual([
      "order.made: data.at is no longer required, so readers of version 1, 2 cannot take today's events. Keep it required.",
    ]);
  });

  it('misses an event that is gone', () => {
    expect(breaks({}, first)).toEqual([expect.stringMatching(/^order\.made is gone/)]);
    const draft = brought({ 'order.made': old }, none);
    expect(breaks({}, draft)).toEqual([]);
    expect(unwritten({}, draft, [])).toEqual([
      'order.made is gone and was never published. Take its draft back: npm run events -- --write',
    ]);
  });

  it('minds readers that are closed until a newer release is published', () => {
    expect(breaks(broken, first)).toEqual([]);
    expect(breaks(broken, closed)).toEqual([
      'order.made: data.status may be "broken" now, so readers of version 1 cannot take today\'s events. Add it after the next release, whose readers take new values.',
    ]);
    expect(breaks(broken, released('0.2.0', closed))).toEqual([]);
  });

  it('misses a release', () => {
    expect(unwritten({ 'order.made': old }, first, ['0.1.0', '0.2.0'])).toEqual([
      'Release 0.2.0 is not in the history of events. Add it: npm run events -- --release 0.2.0',
    ]);
  });
});

describe('a history of events', () => {
  const inFolder = (work: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'events-'));
    try {
      writeHistory(folder, brought(more, first));
      work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('is read as it was written', () => {
    inFolder((folder) => expect(readHistory(folder)).toEqual(brought(more, first)));
  });

  it.each([
    ['changed', 'order.made/1.json', '{}', 'order.made/1.json was changed by hand. Restore it'],
    ['added', 'order.made/3.json', '{}', 'order.made/3.json is not in index.json. Remove it'],
    ['removed', 'order.made/2.json', undefined, 'order.made/2.json is missing. Restore it'],
    ['spoilt', 'index.json', '{', 'index.json is missing or no JSON. Restore it'],
  ])('is told when a file was %s by hand', (_, file, text, line) => {
    inFolder((folder) => {
      if (text === undefined) rmSync(join(folder, file));
      else writeFileSync(join(folder, file), text);
      expect(readHistory(folder)).toEqual([
        `${line}: a history is written by \`npm run events -- --write\` alone.`,
      ]);
    });
  });
});
