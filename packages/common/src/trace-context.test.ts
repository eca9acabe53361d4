/** The cases of the recommendation, and of the W3C's own tests of those who implement it. */
import { describe, expect, it } from 'vitest';
import { storyOf } from './context.ts';
import type { AnyEvent } from './events.ts';
import { isTraceId, traceIn, traceparentOf } from './trace-context.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const of = (version: string, rest = '01') => `${version}-${ID}-${PARENT}-${rest}`;

describe('a traceparent', () => {
  it.each([
    ['00', of('00'), '01'],
    ['00, not sampled', of('00', '00'), '00'],
    ['00, sampled and random', of('00', '03'), '03'],
    ['00, with flags that are reserved', of('00', 'ff'), '03'],
    ['a higher one', of('cc'), '01'],
    ['a higher one, of whose flags one is known', of('01', '0a'), '00'],
    ['a higher one, with more behind', of('cc', '01-what-the-future-will-be-like'), '01'],
    ['a higher one, with nothing behind its dash', of('cc', '01-'), '01'],
  ])('of version %s is continued', (_, traceparent, traceFlags) => {
    expect(traceIn(traceparent)).toEqual({ traceId: ID, traceFlags });
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['several', [of('00'), of('00')]],
    ['several in one header', `${of('00')}, ${of('00')}`],
    ['several of a higher version in one header', `${of('cc')}, ${of('cc')}`],
    ['of the version that is none', of('ff')],
    ['of version 00, with more behind', of('00', '01-more')],
    ['of version 00, with a dash behind', of('00', '01-')],
    ['of version 00, with a dot behind', of('00', '01.')],
    ['of a higher version, with a dot behind', of('cc', '01.what-the-future-will-be-like')],
    ['of a version of letters', of('.0')],
    ['of a long version', of('000')],
    ['of a short version', of('0')],
    ['of a trace that is all zero', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['of a parent that is all zero', `00-${ID}-${'0'.repeat(16)}-01`],
    ['in capitals', of('00').toUpperCase()],
    ['of a trace that is too long', `00-${ID}0-${PARENT}-01`],
    ['of a trace that is too short', `00-${ID.slice(1)}-${PARENT}-01`],
    ['of a parent that is too long', `00-${ID}-${PARENT}0-01`],
    ['of a parent that is too short', `00-${ID}-${PARENT.slice(1)}-01`],
    ['of flags that are no digits', of('00', '.0')],
    ['of long flags', of('00', '001')],
    ['of short flags', of('00', '1')],
    ['with a line behind', `${of('00')}\n`],
  ])('that is %s begins another trace, without a tracestate', (_, traceparent) => {
    expect(traceIn(traceparent, 'rojo=1')).toBeUndefined();
  });

  it('has neither id all zero where it is made', () => {
    const half = '0'.repeat(16);
    expect(traceparentOf({ traceId: ID }, PARENT + half)).toBe(of('00'));
    expect(traceparentOf({ traceId: ID, traceFlags: '00' }, half + PARENT)).toBe(of('00', '00'));
    expect([ID, '0'.repeat(32), ID.toUpperCase(), 'a'].map(isTraceId)).toEqual(
      [true, false, false, false], // The id of a request becomes that of its trace if it may.
    );
  });
});

describe('a tracestate', () => {
  const passed = (tracestate: unknown) => traceIn(of('00'), tracestate)?.tracestate;
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => `bar${n}=${n}`);

  it.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', undefined],
    ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    ['foo=1,,bar=2,', 'foo=1,bar=2'],
    ['a-_*/0=x', undefined],
    ['fw529a3039@dt=FfeDAfds+!.;', undefined],
    ['0tenant@system=1', undefined],
    [`${'z'.repeat(256)}=1`, undefined],
    [`${'t'.repeat(241)}@${'v'.repeat(14)}=1`, undefined],
    [`foo=${'v'.repeat(256)}`, undefined],
    ['foo=a b', undefined],
    [numbered(32).join(','), undefined],
  ])('of %s is passed on', (tracestate, as = tracestate) => {
    expect(passed(tracestate)).toBe(as);
  });

  it.each([
    ['', ' , ', undefined, 7],
    ['foo', '=1', 'foo=', 'foo=bar=baz', 'foo =1', 'FOO=1', 'foo.bar=1', '0foo=1'],
    ['foo@=1', '@foo=1', 'foo@@bar=1', 'foo@bar@baz=1', 'foo@0bar=1'],
    [`${'z'.repeat(257)}=1`, `${'t'.repeat(242)}@v=1`, `t@${'v'.repeat(15)}=1`],
    [`foo=${'v'.repeat(257)}`, 'foo=é', 'foo=a\tb'],
    ['foo=1,foo=2', 'foo=1,bar=2,foo=1', numbered(33).join(',')],
  ])('that is malformed is dropped as a whole, and the trace goes on (%#)', (...all) => {
    expect(all.map(passed)).toEqual(all.map(() => undefined));
    expect(traceIn(of('00'), 'FOO=1')).toEqual({ traceId: ID, traceFlags: '01' });
  });

  it('of more than 512 characters loses its long members, then its last ones', () => {
    const short = Array.from({ length: 8 }, (_, n) => `k${n}=${'v'.repeat(60)}`);
    const long = `long=${'v'.repeat(200)}`;
    expect(passed([short[0], long, ...short.slice(1)].join(','))).toBe(short.slice(0, 8).join(','));
    expect(passed([...short, `k8=${'v'.repeat(60)}`].join(','))).toBe(short.join(','));
    const most = `${short.join(',')}`;
    expect(most).toHaveLength(511);
    expect(passed(`${most},`)).toBe(most);
  });
});

describe('the story of an event', () => {
  const event = { id: ID, correlationid: 'a-story', traceparent: of('00', '00') };

  it('goes on with its trace', () => {
    expect(storyOf({ ...event, tracestate: 'rojo=1' } as AnyEvent)).toEqual({
      correlationId: 'a-story',
      ...{ traceId: ID, traceFlags: '00', tracestate: 'rojo=1' },
    });
  });

  it('begins a trace where its own is none', () => {
    const traceparent = `00-${'0'.repeat(32)}-${PARENT}-01`;
    expect(storyOf({ ...event, traceparent } as AnyEvent)).toMatchObject({ traceId: ID });
  });
});
