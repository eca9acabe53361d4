/** Profiles the processor time of a reservation. */
import { once as eventOf } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { closedLoop } from './load.ts';
import { fillMarket, loadOn, reservations, signUpBuyers, supply } from './market.ts';
import type { ProfileMessage } from './profiled.ts';
import type { Report } from './report.ts';
import { quiet, type Server, serveMarketplace } from './server.ts';

const TICKETS = 60_000;
const WARM_UP_MS = 4000;
const PROFILED_MS = 8000;
const TOP = 45;

export async function profileReservations(report: Report, path: string) {
  report.begin('Profile: where the processor time of a reservation goes');
  const market = await fillMarket(TICKETS);
  const hook = fileURLToPath(new URL('./profiled.ts', import.meta.url));
  const server = await serveMarketplace(market.dataDir, { flags: ['--import', hook] });
  const cookies = await signUpBuyers(server.port);
  const { next } = supply(reservations(market.ticketIds, cookies));
  const load = loadOn(server, next);
  await closedLoop(load, WARM_UP_MS);
  await quiet(server);
  await tell(server, { profile: 'start' });
  const { count, perSecond } = await closedLoop(load, PROFILED_MS);
  await tell(server, { profile: 'stop', path });
  await server.stop();

  const profile = JSON.parse(readFileSync(path, 'utf8')) as Profiler.Profile;
  const { groups, functions, statements, idleUs } = digest(profile);
  report.figure('reservations while profiled', '/s', [perSecond]);
  report.note(`idle: ${(idleUs / count).toFixed(0)} µs of the core for each reservation`);
  const show = (title: string, times: Map<string, number>, limit = TOP) => {
    report.note(`-- ${title}, µs for each reservation`);
    const total = [...groups.values()].reduce((sum, time) => sum + time, 0);
    const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, limit);
    for (const [name, time] of sorted) {
      const share = ((time / total) * 100).toFixed(1);
      report.note(`${(time / count).toFixed(1).padStart(7)}  ${share.padStart(5)} %  ${name}`);
    }
  };
  show('by group', groups);
  show('in SQLite, by who calls it', statements, 25);
  show('by function', functions);
  report.note(`The profile is in ${path}; open it in a browser's developer tools.`);
}

async function tell({ child }: Server, message: ProfileMessage) {
  const answer = eventOf(child, 'message');
  child.send(message);
  await answer;
}

/** The first match wins. */
const GROUPS: [string, RegExp][] = [
  ['garbage collection', /^\(garbage collector\)/],
  ['engine and kernel, no function named', /^\(program\)/],
  [
    'fastify and plugins',
    /node_modules\/(fastify|@fastify|avvio|find-my-way|light-my-request|cookie|secure-json-parse|fast-)/,
  ],
  ['zod', /node_modules\/(zod|fastify-type-provider-zod)/],
  ['metrics (prom-client)', /node_modules\/prom-client/],
  ['log (pino)', /node_modules\/(pino|sonic-boom)/],
  ['sessions (jose, lru-cache)', /node_modules\/(jose|lru-cache)|kit\/http\/(sessions|signed-in)/],
  ['other packages', /node_modules/],
  ['platform: store', /embedded\/store/],
  ['platform: table', /embedded\/table/],
  ['platform: bus and groups', /embedded\/(bus|group)/],
  ['platform: timers', /embedded\/timers/],
  ['platform: rest', /packages\/platform/],
  [
    'kit: records, envelope, events',
    /common\/src\/(kit\/decide\/(records|envelope)|contracts|define-events|events|context)/,
  ],
  ['kit: changes (Prefer: wait)', /kit\/decide\/changes/],
  ['kit: app and rest', /packages\/common/],
  ['services', /services\//],
  [
    'async hooks, promises, microtasks',
    /async_hooks|async_context|promise|task_queues|RunMicrotasks|AsyncLocalStorage/i,
  ],
  [
    'node: http and net',
    /node:(_?http|net|internal\/(http|stream_base|streams)|_stream|stream|events|internal\/timers|timers)/,
  ],
  ['node: rest', /node:/],
];

function digest(profile: Profiler.Profile) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children } of profile.nodes)
    for (const child of children ?? []) parents.set(child, id);
  const selfUs = new Map<number, number>();
  for (const [index, id] of (profile.samples ?? []).entries()) {
    selfUs.set(id, (selfUs.get(id) ?? 0) + (profile.timeDeltas?.[index] ?? 0));
  }
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  const statements = new Map<string, number>();
  let idleUs = 0;
  const add = (to: Map<string, number>, key: string, time: number) =>
    to.set(key, (to.get(key) ?? 0) + time);
  const labelOf = (id: number | undefined) => {
    const frame = id === undefined ? undefined : nodes.get(id)?.callFrame;
    return frame ? label(frame) : '';
  };
  for (const [id, time] of selfUs) {
    const frame = nodes.get(id)?.callFrame;
    if (frame === undefined) continue;
    if (frame.functionName === '(idle)') {
      idleUs += time;
      continue;
    }
    const native = frame.url === '' && !frame.functionName.startsWith('(');
    const caller = labelOf(parents.get(id));
    const name = native ? `native ${frame.functionName} < ${caller}` : label(frame);
    add(functions, name, time);
    const sqlite =
      native &&
      /embedded\//.test(caller) &&
      /^(run|get|all|iterate|next|exec)$/.test(frame.functionName);
    if (sqlite)
      add(statements, `${frame.functionName} < ${caller} < ${labelOf(grandparent(id))}`, time);
    add(groups, sqlite ? 'SQLite' : groupOf(native, frame.functionName, name), time);
  }
  return { groups, functions, statements, idleUs };

  function grandparent(id: number) {
    const parent = parents.get(id);
    return parent === undefined ? undefined : parents.get(parent);
  }
}

function groupOf(native: boolean, functionName: string, name: string): string {
  if (native && /^(parse|stringify)$/.test(functionName)) return 'JSON';
  return GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other native functions';
}

function label({ functionName, url, lineNumber }: Profiler.Profile['nodes'][0]['callFrame']) {
  const file = url
    .replace(/^.*\/node_modules\//, 'node_modules/')
    .replace(/^file:.*?\/(packages|services)\//, '$1/');
  return `${functionName || '(anonymous)'} ${file && `${file}:${lineNumber + 1}`}`.trim();
}
