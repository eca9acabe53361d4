/** W3C trace context, as the recommendation of level 1 has it, with the flag of level 2 that says how random an id is. */

/** A trace that is passed on. */
export interface Trace {
  /** 32 hexadecimal digits, of which one is not 0. */
  traceId: string;
  /** Two hexadecimal digits; `01`, which is to be recorded, unless its caller said another thing. */
  traceFlags?: string;
  /** What the tracers before us keep in it, as a list of at most 512 characters that we only pass on. */
  tracestate?: string;
}

/** Version, trace, parent, flags, and what a higher version has behind them. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ALL_ZERO = /^0+$/;
/** Of version 00: sampled and random. Of a higher one only `sampled` is known to mean the same. */
const knownFlags = (version: string) => (version === '00' ? 0b11 : 0b01);

/** The trace of a request or an event by its `traceparent` and `tracestate`; undefined where the first is none. */
export function traceIn(traceparent: unknown, tracestate?: unknown): Trace | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, version = '', traceId = '', parentId = '', flags = '', more] =
    TRACEPARENT.exec(traceparent) ?? [];
  if (ALL_ZERO.test(traceId || '0') || ALL_ZERO.test(parentId)) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  const known = Number.parseInt(flags, 16) & knownFlags(version);
  const state = tracestateIn(tracestate);
  return {
    traceId,
    traceFlags: known.toString(16).padStart(2, '0'),
    ...(state && { tracestate: state }),
  };
}

/** Whether a trace may have this id. */
export const isTraceId = (text: string) => /^[0-9a-f]{32}$/.test(text) && !ALL_ZERO.test(text);

/** The `traceparent` of one step of a trace. The step is named by half of its 32-digit id: the second, unless that is 0. */
export function traceparentOf({ traceId, traceFlags = '01' }: Trace, stepId: string): string {
  const half = stepId.slice(16);
  return `00-${traceId}-${ALL_ZERO.test(half) ? stepId.slice(0, 16) : half}-${traceFlags}`;
}

const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MOST_MEMBERS = 32;
/** So much must be passed on. Of more, long members go first, then the last ones. */
const MOST_CHARACTERS = 512;
const LONG_MEMBER = 128;

/** The list as it is passed on; '' where there is none, or one of its members is malformed or comes twice. */
function tracestateIn(header: unknown): string {
  if (typeof header !== 'string') return '';
  const members = header
    .split(',')
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  const keys = new Set(members.map(keyOf));
  if (members.length > MOST_MEMBERS || keys.size < members.length || !members.every(isMember)) {
    return '';
  }
  const isTooMuch = () => members.join(',').length > MOST_CHARACTERS;
  while (isTooMuch()) {
    const long = members.findLastIndex(({ length }) => length > LONG_MEMBER);
    members.splice(long, 1);
  }
  return members.join(',');
}

const keyOf = (member: string) => member.slice(0, Math.max(0, member.indexOf('=')));
const isMember = (member: string) =>
  KEY.test(keyOf(member)) && VALUE.test(member.slice(keyOf(member).length + 1));
