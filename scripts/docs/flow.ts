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
  return ['sequenceDiagram', ...declared, ...lines.map(({ text }) => `  ${text}`)].join('\n');
}

/** People stand left, the gateway right, and the services between them as they come in. */
const rank = (name: string) => (PEOPLE.includes(name) ? 0 : name === GATEWAY ? 2 : 1);

interface Line {
  parties: string[];
  text: string;
}

function linesOf(step: Step, listeners: Listeners): Line[] {
  const arrow = (from: string, kind: string, to: string, what: string) => ({
    parties: [from, to],
    text: `${from}${kind}${to}: ${what}`,
  });
  switch (step.kind) {
    case 'request':
      return [arrow(step.who, '->>', step.service, step.line)];
    case 'answer':
      return [arrow(step.service, '-->>', step.who, step.line)];
    case 'gateway':
      return [arrow('payments', '->>', GATEWAY, `${step.call}, which answers ${step.outcome}`)];
    case 'note':
      return [{ parties: [step.over], text: `Note over ${step.over}: ${step.line}` }];
    case 'event': {
      const { source, type } = step.event;
      const hearers = hearersOf(type, listeners).filter((name) => name !== source);
      if (hearers.length > 0) return hearers.map((to) => arrow(source, '--)', to, type));
      return [{ parties: [source], text: `Note over ${source}: ${type}` }];
    }
  }
}

/** What is the same many times in a row stands once. */
function shortened(lines: Line[]): Line[] {
  const runs: { line: Line; times: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line.text === line.text) last.times += 1;
    else runs.push({ line, times: 1 });
  }
  return runs.map(({ line, times }) =>
    times === 1 ? line : { ...line, text: `${line.text} (${times} times)` },
  );
}
