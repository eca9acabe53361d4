/** A recorded journey as a sequence diagram of Mermaid. */
import { hearersOf, type Listeners } from '../events/tell.ts';
import type { Recording, Step } from './record.ts';

const GATEWAY = 'gateway';
const PEOPLE = ['seller', 'buyer', 'other'];
const NAMES: Record<string, string> = { other: 'another buyer', [GATEWAY]: 'payment gateway' };

export function picture({ steps }: Recording, listeners: Listeners): string {
  const lines = shortened(steps.flatMap((step) => linesOf(step, listeners)));
  const named = lines.flatMap(({ parties }) => parties);
  const all = [...new Set(named)].toSorted((a, b) => rank(a) - rank(b));
  const declared = all.map((name) => {
    const kind = PEOPLE.includes(name) ? 'actor' : 'participant';
    return `  ${kind} ${name}${NAMES[name] ? ` as ${NAMES[name]}` : ''}`;
  });
  const drawn = lines.map((line) => {
    const often = line.times === 1 ? '' : ` (${line.times} times)`;
    return `  ${textOf(line)}${often}`;
  });
  return ['sequenceDiagram', ...declared, ...drawn].join('\n');
}

/** People stand left, the gateway right, and the services between them as they come in. */
const rank = (name: string) => (PEOPLE.includes(name) ? 0 : name === GATEWAY ? 2 : 1);

/** The same for a page without Mermaid: who told whom what, in order. */
export const partiesAndSteps = ({ steps }: Recording, listeners: Listeners) =>
  shortened(steps.flatMap((step) => linesOf(step, listeners))).map(({ parties, what, times }) => ({
    parties: parties.map((name) => NAMES[name] ?? name),
    what: times === 1 ? what : `${what} (${times} times)`,
  }));

interface Line {
  parties: string[];
  /** Between the parties: an arrow, or nothing where it is a note. */
  arrow: string;
  what: string;
}

function linesOf(step: Step, listeners: Listeners): Line[] {
  const arrow = (from: string, kind: string, to: string, what: string) => ({
    parties: [from, to],
    arrow: kind,
    what,
  });
  switch (step.kind) {
    case 'request':
      return [arrow(step.who, '->>', step.service, step.line)];
    case 'answer':
      return [arrow(step.service, '-->>', step.who, step.line)];
    case 'gateway':
      return [arrow('payments', '->>', GATEWAY, `${step.call}, which answers ${step.outcome}`)];
    case 'note':
      return [{ parties: [step.over], arrow: '', what: step.line }];
    case 'event': {
      const { source, type } = step.event;
      const hearers = hearersOf(type, listeners).filter((name) => name !== source);
      if (hearers.length > 0) return hearers.map((to) => arrow(source, '--)', to, type));
      return [{ parties: [source], arrow: '', what: type }];
    }
  }
}

/** What is the same many times in a row stands once. */
function shortened(lines: Line[]): (Line & { times: number })[] {
  const runs: (Line & { times: number })[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last && textOf(last) === textOf(line)) last.times += 1;
    else runs.push({ ...line, times: 1 });
  }
  return runs;
}

const textOf = ({ parties: [from = '', to], arrow, what }: Line) =>
  to === undefined ? `Note over ${from}: ${what}` : `${from}${arrow}${to}: ${what}`;
