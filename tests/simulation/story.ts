/** Tells a run to people: as lines of text, and as a Mermaid sequence diagram. */

import { bodyOf, type Exchange, methodOf, urlOf } from './exchange.ts';
import { told } from './history-lines.ts';
import { Names } from './names.ts';
import type { Plan } from './plan.ts';
import { type Outcome, type RunOptions, run } from './run.ts';

export interface Story {
  text: string;
  /** A Markdown page with the text and the diagram. */
  page: string;
}

/** One happening; with `to` when a message passes from one to the other. */
export interface Line {
  atMs: number;
  who: string;
  to?: string;
  what: string;
  /** The ids that it is about; empty when it concerns everything. */
  about: string[];
}

/** Nobody reads more lines than this. */
const MAX_LINES = 250;

/** Runs the plan once more and records it. */
export async function tell(plan: Plan, options: RunOptions = {}): Promise<Story> {
  const names = new Names();
  const lines: Line[] = [];
  const outcome = await run(plan, {
    ...options,
    onEntry(entry) {
      names.learn(entry);
      lines.push(...told(entry));
    },
    onAsked: (exchange) => lines.push(asked(exchange)),
    onAnswered: (exchange) => lines.push(answered(exchange)),
  });
  const startMs = lines[0]?.atMs ?? 0;
  const kept = relevant(lines, outcome.found?.message ?? '')
    .filter(({ atMs }) => atMs > startMs)
    .slice(-MAX_LINES)
    .map((line) => ({ ...line, atMs: line.atMs - startMs, what: names.in(line.what) }));
  const text = [heading(plan), ...kept.map(toText), ending(outcome, names)].join('\n');
  return { text, page: toPage(plan, text, kept) };
}

const heading = ({ seed, steps, faults, orderExpirationSeconds }: Plan) =>
  `Seed ${seed}: ${steps.length} steps, ${faults.length} faults, holds of ${orderExpirationSeconds} s\n`;

function ending({ found, crash }: Outcome, names: Names): string {
  if (found) return `\n✗ ${names.in(found.invariant)}\n  ${names.in(found.message)}`;
  return crash === undefined ? '\nNothing is wrong.' : `\nThe simulator itself failed: ${crash}`;
}

function toText({ atMs, who, to, what }: Line): string {
  const from = to === undefined ? who : `${who} → ${to}`;
  return `${(atMs / 1000).toFixed(3).padStart(9)} s  ${from.padEnd(24)}  ${what}`;
}

/** Returns the lines that concern the ids in the violation, directly or not; all lines when it names none. */
function relevant(lines: Line[], message: string): Line[] {
  const ids = new Set<string>(message.match(/pi_test_[0-9a-f]{32}|[0-9a-f]{32}/g));
  if (ids.size === 0) return lines;
  const concerns = ({ about }: Line) => about.some((id) => ids.has(id));
  for (let size = -1; size !== ids.size; ) {
    size = ids.size;
    for (const id of lines.filter(concerns).flatMap(({ about }) => about)) ids.add(id);
  }
  return lines.filter((line) => line.about.length === 0 || concerns(line));
}

const personOf = ({ person }: Exchange) => `person ${person}`;

const serviceOf = ({ route }: Exchange) =>
  /users/.test(route)
    ? 'auth'
    : /payments|gateway/.test(route)
      ? 'payments'
      : /orders/.test(route)
        ? 'orders'
        : 'tickets';

function asked(exchange: Exchange): Line {
  const { route, body, headers = {}, askedAtMs: atMs } = exchange;
  const key = headers['idempotency-key'];
  const parts = [
    methodOf(route),
    urlOf(exchange),
    body && JSON.stringify(body),
    key && 'with a key',
  ];
  const what = parts.filter(Boolean).join(' ');
  return { atMs, who: personOf(exchange), to: serviceOf(exchange), what, about: idsOf(exchange) };
}

function answered(exchange: Exchange): Line {
  const { reply, answeredAtMs: atMs = 0 } = exchange;
  const { code, status, id } = bodyOf(reply);
  const what = [reply?.status, ...(code ? [code] : [status, id])].filter(Boolean).join(' ');
  const about = [...idsOf(exchange), ...(id ? [id] : [])];
  return { atMs, who: serviceOf(exchange), to: personOf(exchange), what, about };
}

const idsOf = ({ id, body, story }: Exchange) =>
  [story, id, body?.['ticketId'], body?.['orderId']].filter((part) => typeof part === 'string');

function toPage({ seed }: Plan, text: string, lines: Line[]): string {
  // Mermaid does not accept these characters in names and messages.
  const actor = (name: string) => name.replaceAll(/\W/g, '_');
  const plain = (what: string) => what.replaceAll(/[;#{}"\n]/g, ' ').slice(0, 100);
  const picture = lines.map(({ who, to, what }) =>
    to === undefined
      ? `  Note over ${actor(who)}: ${plain(what)}`
      : `  ${actor(who)}->>${actor(to)}: ${plain(what)}`,
  );
  const title = [`# Seed ${seed}`, '', '```text', text, '```', ''];
  return [...title, '```mermaid', 'sequenceDiagram', ...picture, '```', ''].join('\n');
}
