/**
 * News of what the page shows. The tabs of one browser share a stream: the tab that holds a lock has it and tells the
 * others, and when it closes or falls silent another takes over. Without locks (plain HTTP) each tab has its own.
 */
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { noteServerTime } from './clock.ts';
import { openStream, type Stream, type StreamEvent } from './live-stream.ts';

/** What one tab needs to hear of. `user` is who is signed in, '' for nobody. */
interface Want {
  tab: string;
  tickets: string[];
  user: string;
}

type Message =
  | { kind: 'want'; want: Want }
  /** A tab is gone. */
  | { kind: 'bye'; tab: string }
  /** A tab has taken over the stream and asks what the others need. */
  | { kind: 'ask' }
  | { kind: 'event'; event: StreamEvent };

type LiveStatus = 'connecting' | 'live' | 'lost';

const CHANNEL = 'fairseat-live';
/** Beats come every 15 seconds; two that are missing are no accident. */
const SILENT_MS = 35_000;
const LOOK_EVERY_MS = 5000;
/** A stream that comes back at once is no news. */
const MENTION_LOSS_AFTER_MS = 4000;

const newest = new Map<string, TicketRecord>();
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
/** Whether the page shows what nobody has told of yet. */
let isUncovered = true;
let lostTimer: ReturnType<typeof setTimeout> | undefined;

const notify = () => {
  for (const listener of listeners) listener();
};

/** For `useSyncExternalStore`: called whenever a ticket or the status has changed. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const newestTicket = (id: string) => newest.get(id);
/** Whether the visitor was told of this order, which only its buyer is. */
export const isOwnOrder = (id: string) => ownOrders.has(id);
export const liveStatus = () => status;

/** Asks for news of a ticket, until the returned function is called. */
export function watchTicket(id: string): () => void {
  wanted.set(id, (wanted.get(id) ?? 0) + 1);
  queueMicrotask(announce);
  return () => {
    const left = (wanted.get(id) ?? 1) - 1;
    if (left > 0) wanted.set(id, left);
    else wanted.delete(id);
  };
}

/** `listener` is called when news may have been missed: read everything again. */
export function onReset(listener: () => void): () => void {
  resetListeners.add(listener);
  return () => resetListeners.delete(listener);
}

/** News of the visitor's own orders. */
export function onOrder(listener: () => void): () => void {
  orderListeners.add(listener);
  return () => orderListeners.delete(listener);
}

/** Begins to listen, or goes on as somebody else. */
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
  // A page that comes back from the browser's memory has missed what was said meanwhile.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

/** Waits for its turn, then holds the stream as long as the tab is open. */
function lead(steal = false) {
  const held = navigator.locks.request(CHANNEL, { steal }, () => {
    stream = openStream(tell);
    post({ kind: 'ask' });
    announced = '';
    announce();
    return new Promise<void>(() => undefined);
  });
  // Another tab has taken the lock: this one seemed asleep. It waits for its next turn.
  held.catch(() => {
    stream?.close();
    stream = undefined;
    wants.clear();
    // Had the other asked before this was known, it would not have been answered.
    announced = '';
    announce();
    lead();
  });
}

/** A tab in the background may be put to sleep and the stream with it: the one that is looked at takes over. */
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

/** The stream tells of everything that some tab needs, to whoever is signed in now. */
function consider(want: Want) {
  wants.set(want.tab, want);
  const tickets = new Set([...wants.values()].flatMap(({ tickets }) => tickets));
  stream?.cover([...tickets], want.user);
}

/** For the tab that has the stream: tells itself and the others. */
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
  // It may still tell of whoever was signed in before.
  if (event.name === 'order' && event.data.userId === user) {
    ownOrders.add(event.data.id);
    for (const listener of orderListeners) listener();
  }
  if (event.name === 'ticket' && event.data.version > (newest.get(event.data.id)?.version ?? 0)) {
    newest.set(event.data.id, event.data);
    notify();
  }
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
