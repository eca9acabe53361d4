/**
 * Live updates of what the page shows. The tabs of one browser share a stream: the tab that holds a lock opens it and
 * forwards its events; when it closes or falls silent, another takes over. Without locks (plain HTTP) each tab has its
 * own stream.
 */
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { Open } from '@fairseat/common/events';
import { noteServerTime } from './clock.ts';
import { openStream, type Stream, type StreamEvent } from './live-stream.ts';

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
  | { kind: 'event'; event: StreamEvent };

type LiveStatus = 'connecting' | 'live' | 'lost';

const CHANNEL = 'fairseat-live';
/** Beats come every 15 seconds; two missing ones are no accident. */
const SILENT_MS = 35_000;
const LOOK_EVERY_MS = 5000;
/** A stream that reconnects soon is not reported as lost. */
const MENTION_LOSS_AFTER_MS = 4000;

/** A ticket as it is shown: the services, or another tab, may be of a newer release than this page. */
export type LiveTicket = Open<TicketRecord>;
const known: Record<LiveTicket['status'], true> = {
  available: true,
  reserved: true,
  sold: true,
  withdrawn: true,
  other: true,
};
const asKnown = (ticket: LiveTicket): LiveTicket =>
  Object.hasOwn(known, ticket.status) ? ticket : { ...ticket, status: 'other' };

const newest = new Map<string, LiveTicket>();
const ownOrders = new Set<string>();
const wanted = new Map<string, number>();
const listeners = new Set<() => void>();
const resetListeners = new Set<() => void>();
const orderListeners = new Set<() => void>();
const wants = new Map<string, Want>();

let channel: BroadcastChannel | undefined;
let stream: Stream | undefined;
let tab = '';
let user = '';
let status: LiveStatus = 'connecting';
let heardAt = 0;
let announced = '';
/** Whether the page shows a ticket that the stream may not cover yet. */
let isUncovered = true;
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
export const liveStatus = () => status;

/** Subscribes to a ticket until the returned function is called. */
export function watchTicket(id: string): () => void {
  wanted.set(id, (wanted.get(id) ?? 0) + 1);
  queueMicrotask(announce);
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
  heardAt = performance.now();
  if (navigator.locks && 'BroadcastChannel' in window) {
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }) => receive(data as Message);
    lead();
  } else {
    stream = openStream(tell);
  }
  setInterval(takeOverIfSilent, LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', takeOverIfSilent);
  addEventListener('offline', () => setStatus('lost'));
  addEventListener('online', () => stream?.reopen());
  addEventListener('pagehide', () => channel?.postMessage({ kind: 'bye', tab } satisfies Message));
  // A page that is restored from the back/forward cache has missed events meanwhile.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

/** Waits for the lock, then owns the stream for as long as the tab is open. */
function lead(steal = false) {
  const held = navigator.locks.request(CHANNEL, { steal }, () => {
    stream = openStream(tell);
    post({ kind: 'ask' });
    announced = '';
    announce();
    return new Promise<void>(() => undefined);
  });
  // Another tab has stolen the lock, since this one seemed asleep. It queues for the lock again.
  held.catch(() => {
    stream?.close();
    stream = undefined;
    wants.clear();
    // The new owner may have asked before this tab knew of the theft, and received no answer.
    announced = '';
    announce();
    lead();
  });
}

/** The browser may suspend a background tab together with the stream, so the visible tab takes over. */
function takeOverIfSilent() {
  if (performance.now() - heardAt < SILENT_MS || document.hidden) return;
  heardAt = performance.now();
  setStatus('lost');
  if (stream) stream.reopen();
  else lead(true);
}

function announce() {
  if (tab === '') return;
  const want = { tab, user, tickets: [...wanted.keys()].sort() };
  const text = JSON.stringify(want);
  if (text === announced) return;
  announced = text;
  isUncovered = true;
  if (stream) consider(want);
  else post({ kind: 'want', want });
}

const post = (message: Message) => channel?.postMessage(message);

function receive(message: Message) {
  if (message.kind === 'event') return take(message.event);
  if (message.kind === 'ask') {
    announced = '';
    return announce();
  }
  if (!stream) return;
  if (message.kind === 'want') consider(message.want);
  else wants.delete(message.tab);
}

/** Makes the stream cover the needs of all tabs, for the user who is signed in now. */
function consider(want: Want) {
  wants.set(want.tab, want);
  const tickets = new Set([...wants.values()].flatMap(({ tickets }) => tickets));
  stream?.cover([...tickets], want.user);
}

/** In the tab that owns the stream: takes an event and forwards it to the others. */
function tell(event: StreamEvent) {
  post({ kind: 'event', event });
  take(event);
}

function take(event: StreamEvent) {
  heardAt = performance.now();
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
export function noteTicket(ticket: LiveTicket) {
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
