/**
 * Live updates of what the page shows. The tabs of one browser share a stream: the one that leads opens it and forwards
 * its events; when it closes or falls silent, another takes over.
 */
import { elapsed, noteServerTime } from './clock.ts';
import { seekLead } from './leader.ts';
import { openStream, type Stream, type StreamEvent } from './live-stream.ts';
import type { OpenTicket } from './records.ts';

/** The events that one tab needs. `user` is the id of the signed-in user, '' for nobody. */
interface Want {
  tab: string;
  tickets: string[];
  user: string;
}

type Message =
  | { kind: 'want'; want: Want }
  /** A tab has closed. */
  | { kind: 'bye'; tab: string }
  /** A tab has taken over the stream and asks what the others need. */
  | { kind: 'ask' }
  /** The stream covers these tabs no more: they show more tickets together than one stream may follow. */
  | { kind: 'left out'; tabs: string[] }
  | { kind: 'event'; event: StreamEvent };

type LiveStatus = 'connecting' | 'live' | 'lost' | 'left out';

const CHANNEL = 'fairseat-live';
/** The API's limit for one stream. Its contract, once imported, would bring all schemas into the browser. */
const MAX_TICKETS = 200;
/** Beats come every 15 seconds; two missing ones are no accident. */
const SILENT_MS = 35_000;
const LOOK_EVERY_MS = 5000;
/** A stream that reconnects soon is not reported as lost. */
const MENTION_LOSS_AFTER_MS = 4000;

/** A ticket as it is shown: the services, or another tab, may be of a newer release than this page. */
const known: Record<OpenTicket['status'], true> = {
  available: true,
  reserved: true,
  sold: true,
  withdrawn: true,
  other: true,
};
const asKnown = (ticket: OpenTicket): OpenTicket =>
  Object.hasOwn(known, ticket.status) ? ticket : { ...ticket, status: 'other' };

const newest = new Map<string, OpenTicket>();
const ownOrders = new Set<string>();
const wanted = new Map<string, number>();
const listeners = new Set<() => void>();
const resetListeners = new Set<() => void>();
const orderListeners = new Set<() => void>();
const wants = new Map<string, Want>();

let channel: BroadcastChannel | undefined;
let takeOver = () => {};
let stream: Stream | undefined;
let tab = '';
let user = '';
let status: LiveStatus = 'connecting';
let heardAt = 0;
let announced = '';
/** Whether the page shows a ticket that the stream may not cover yet. */
let isUncovered = true;
/** Whether the stream has no room for what the page shows. */
let isLeftOut = false;
let lostTimer: ReturnType<typeof setTimeout> | undefined;

const notify = () => {
  for (const listener of listeners) listener();
};

/** For `useSyncExternalStore`: `listener` is called whenever a ticket or the status has changed. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const newestTicket = (id: string) => newest.get(id);
/** Whether an event of this order was received, which only its buyer receives. */
export const isOwnOrder = (id: string) => ownOrders.has(id);
export const liveStatus = () => (isLeftOut && status === 'live' ? 'left out' : status);

/** Subscribes to a ticket until the returned function is called. */
export function watchTicket(id: string): () => void {
  wanted.set(id, (wanted.get(id) ?? 0) + 1);
  queueMicrotask(() => announce());
  return () => {
    const left = (wanted.get(id) ?? 1) - 1;
    if (left > 0) wanted.set(id, left);
    else wanted.delete(id);
  };
}

/** `listener` is called when events may have been missed, so that everything must be read again. */
export function onReset(listener: () => void): () => void {
  resetListeners.add(listener);
  return () => resetListeners.delete(listener);
}

/** `listener` is called when an order of the visitor has changed. */
export function onOrder(listener: () => void): () => void {
  orderListeners.add(listener);
  return () => orderListeners.delete(listener);
}

/** Begins to listen, or continues as another user. */
export function listen(userId: string) {
  if (userId !== user) ownOrders.clear();
  user = userId;
  if (tab === '') start();
  announce();
}

function start() {
  tab = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(36)).join('');
  heardAt = elapsed();
  channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => receive(data as Message);
  takeOver = seekLead(tab, lead, follow);
  setInterval(takeOverIfSilent, LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', beSeen);
  addEventListener('focus', beSeen);
  addEventListener('offline', () => setStatus('lost'));
  addEventListener('online', () => stream?.reopen());
  addEventListener('pagehide', () => channel?.postMessage({ kind: 'bye', tab } satisfies Message));
  // A page that is restored from the back/forward cache has missed events meanwhile.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

function lead() {
  stream = openStream(tell);
  post({ kind: 'ask' });
  announce(true);
}

function follow() {
  stream?.close();
  stream = undefined;
  wants.clear();
  // The new leader may have asked before this tab knew of it, and received no answer.
  announce(true);
}

/** The browser may suspend a background tab together with the stream, so the visible tab takes over. */
function takeOverIfSilent() {
  if (elapsed() - heardAt < SILENT_MS || document.hidden) return;
  heardAt = elapsed();
  setStatus('lost');
  if (stream) stream.reopen();
  else takeOver();
}

/** What is looked at is kept up to date, in place of what is not. */
function beSeen() {
  takeOverIfSilent();
  if (isLeftOut && !document.hidden) announce(true);
}

function announce(anew = false) {
  if (tab === '') return;
  const want = { tab, user, tickets: [...wanted.keys()].sort() };
  const text = JSON.stringify(want);
  if (text === announced && !anew) return;
  announced = text;
  isUncovered = true;
  if (stream) consider(want);
  else post({ kind: 'want', want });
}

const post = (message: Message) => channel?.postMessage(message);

function receive(message: Message) {
  if (message.kind === 'event') return take(message.event);
  if (message.kind === 'ask') return announce(true);
  if (message.kind === 'left out') return leaveOut(message.tabs);
  if (!stream) return;
  if (message.kind === 'want') return consider(message.want);
  wants.delete(message.tab);
  cover();
}

/** The user who is signed in is that of the last tab. */
function consider(want: Want) {
  wants.delete(want.tab);
  wants.set(want.tab, want);
  cover();
}

/** Makes the stream cover the needs of all tabs; where those are too many, of the last ones. */
function cover() {
  let tickets = new Set<string>();
  const tabs: string[] = [];
  const newestFirst = [...wants.values()].reverse();
  for (const want of newestFirst) {
    const more = new Set([...tickets, ...want.tickets]);
    if (more.size <= MAX_TICKETS) tickets = more;
    else tabs.push(want.tab);
  }
  post({ kind: 'left out', tabs });
  leaveOut(tabs);
  stream?.cover([...tickets], newestFirst[0]?.user ?? user);
}

function leaveOut(tabs: string[]) {
  const isOut = tabs.includes(tab);
  // What it missed must be read again when there is room for it.
  if (isOut) isUncovered = true;
  if (isOut === isLeftOut) return;
  isLeftOut = isOut;
  notify();
}

/** In the tab that owns the stream: takes an event and forwards it to the others. */
function tell(event: StreamEvent) {
  post({ kind: 'event', event });
  take(event);
}

function take(event: StreamEvent) {
  heardAt = elapsed();
  if (event.name === 'lost') {
    lostTimer ??= setTimeout(setStatus, MENTION_LOSS_AFTER_MS, 'lost');
    return;
  }
  clearTimeout(lostTimer);
  lostTimer = undefined;
  setStatus('live');
  if (event.name === 'beat') noteServerTime(Date.parse(event.data.now));
  if (event.name === 'reset') reset(event.tickets, event.all);
  // The stream may still be that of the user who was signed in before.
  if (event.name === 'order' && event.data.userId === user) {
    ownOrders.add(event.data.id);
    for (const listener of orderListeners) listener();
  }
  if (event.name === 'ticket') noteTicket(event.data);
}

/** Notes a ticket that was received, unless a newer version of it is known. */
export function noteTicket(ticket: OpenTicket) {
  if (ticket.version <= (newest.get(ticket.id)?.version ?? 0)) return;
  newest.set(ticket.id, asKnown(ticket));
  notify();
}

function reset(tickets: string[], all: boolean) {
  const isCovered = [...wanted.keys()].every((id) => tickets.includes(id));
  if (!all && !(isUncovered && isCovered)) return;
  if (isCovered) isUncovered = false;
  for (const listener of resetListeners) listener();
}

function setStatus(next: LiveStatus) {
  if (next === status) return;
  status = next;
  notify();
}
