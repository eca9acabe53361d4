/** Runs a journey through the real services on the simulated platform, and keeps what happened. */
import { createHash } from 'node:crypto';
import type { Story } from '@fairseat/common/context';
import type { AnyEvent } from '@fairseat/common/events';
import { openTestGateway } from '@fairseat/gateways/test';
import { clear, type Entry, Simulation } from '@fairseat/platform/simulated';
import { Cluster } from '../../tests/simulation/cluster.ts';
import type { DoorReply } from '../../tests/simulation/door.ts';
import { type Plan, SERVICES } from '../../tests/simulation/plan.ts';
import { type Journey, journeys } from './journeys.ts';
import { noting, type Reaction } from './reactions.ts';

export type Step =
  | { kind: 'request'; who: string; service: string; line: string }
  | { kind: 'answer'; who: string; service: string; line: string }
  | { kind: 'event'; event: AnyEvent }
  | { kind: 'gateway'; call: string; outcome: string }
  | { kind: 'note'; over: string; line: string };

export interface Recording {
  journey: Journey;
  steps: Step[];
  reactions: Reaction[];
}

const ORDER_EXPIRATION_SECONDS = 15 * 60;
const RESTART_MS = 1000;

/** One replica of each service, and nothing that goes wrong. */
const plan: Plan = {
  seed: 1,
  people: 0,
  orderExpirationSeconds: ORDER_EXPIRATION_SECONDS,
  maxHolds: 4,
  replicas: Object.fromEntries(SERVICES.map((name) => [name, 1])),
  skewsMs: {},
  weather: clear,
  requestLost: 0,
  replyLost: 0,
  hotness: 0,
  steps: [],
  faults: [],
};

/** Every journey, each in a marketplace of its own. */
export async function recordAll(): Promise<Recording[]> {
  const recordings = [];
  for (const journey of journeys) recordings.push(await record(journey));
  return recordings;
}

async function record(journey: Journey): Promise<Recording> {
  const stage = await Stage.open();
  await journey.run(stage);
  await stage.settled();
  return { journey, steps: stage.steps, reactions: stage.reactions };
}

interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A record that an answer tells of. */
interface Told {
  id: string;
  nextAction?: { url: string };
}

class Person {
  readonly name: string;
  readonly #stage: Stage;
  #cookie: string | undefined;

  constructor(name: string, stage: Stage) {
    this.name = name;
    this.#stage = stage;
  }

  async signsUp() {
    const body = { email: `${this.name}@example.com`, password: 'correct horse' };
    const reply = await this.#asks({ method: 'POST', url: '/api/users/signup', body });
    this.#cookie = reply.cookie;
  }

  lists = (title: string, price: number) =>
    this.#tells({ method: 'POST', url: '/api/tickets', body: { title, price } });
  edits = (ticket: Told, title: string, price: number) =>
    this.#tells({ method: 'PUT', url: `/api/tickets/${ticket.id}`, body: { title, price } });
  /** At a price that the buyer saw, waiting until the ticket is held. */
  orders = ({ id }: Told, price: number) =>
    this.#tells({
      method: 'POST',
      url: '/api/orders',
      body: { ticketId: id, price },
      headers: { prefer: 'wait=10' },
    });
  cancels = ({ id }: Told) => this.#tells({ method: 'DELETE', url: `/api/orders/${id}` });
  pays = ({ id }: Told, token: string) =>
    this.#tells({ method: 'POST', url: '/api/payments', body: { orderId: id, token } });
  approves = ({ nextAction }: Told) =>
    this.#tells({ method: 'POST', url: nextAction?.url ?? '', body: { approve: true } });
  signsOut = () => this.#tells({ method: 'POST', url: '/api/users/signout', body: {} });

  #tells = async (asked: Asked) => (await this.#asks(asked)).body as Told;

  #asks = (asked: Asked) =>
    this.#stage.ask(this.name, this.#cookie ? { ...asked, cookie: this.#cookie } : asked);
}

/** A marketplace with three people, recorded from `begin` on. */
export class Stage {
  readonly steps: Step[] = [];
  readonly reactions: Reaction[] = [];
  readonly seller = new Person('seller', this);
  readonly buyer = new Person('buyer', this);
  readonly other = new Person('other', this);
  readonly #simulation = new Simulation({ seed: 1, weather: clear, openGateway: openTestGateway });
  #cluster: Cluster | undefined;
  #stepping: Promise<boolean> | undefined;
  #asked = 0;
  #isOn = false;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    const { reactions } = stage;
    stage.#cluster = await Cluster.start({
      simulation: stage.#simulation,
      plan,
      wrap: (platform) => noting(platform, (reaction) => reactions.push(reaction)),
      onError(message, error) {
        throw new Error(`${message} in a recorded run`, { cause: error });
      },
      onStopped: () => {},
    });
    stage.#simulation.onHistory((entry) => stage.#note(entry));
    for (const person of [stage.seller, stage.buyer, stage.other]) await person.signsUp();
    await stage.settled();
    return stage;
  }

  begin() {
    this.#isOn = true;
  }

  /** Sends a request, and goes on until it is answered. @throws Error when it never is. */
  async ask(who: string, asked: Asked & { cookie?: string }): Promise<DoorReply> {
    const { method, url } = asked;
    const service = serviceOf(url);
    this.#add({ kind: 'request', who, service, line: `${method} ${pathOf(url)}` });
    let reply: DoorReply | undefined;
    void this.#cluster?.request(asked, storyOf(++this.#asked), 0).then((answer) => {
      reply = answer;
      this.#add({ kind: 'answer', who, service, line: outcomeOf(answer) });
    });
    while (reply === undefined) {
      if (!(await this.#step())) throw new Error(`${method} ${url} was not answered`);
    }
    return reply;
  }

  /** Resolves once nothing is under way. */
  async settled() {
    while (!this.#simulation.isQuiet) await this.#step();
  }

  /** One step for all who wait. */
  #step(): Promise<boolean> {
    this.#stepping ??= this.#simulation.step().finally(() => {
      this.#stepping = undefined;
    });
    return this.#stepping;
  }

  async passes(minutes: number) {
    await this.settled();
    this.#add({ kind: 'note', over: 'orders', line: `${minutes} minutes pass` });
    await this.#simulation.runUntil(this.#simulation.nowMs + minutes * 60_000);
    await this.settled();
  }

  /** Copies a service's database. The returned function ends the service, puts the copy back and starts it again. */
  backUp(service: string) {
    const putBack = this.#simulation.backUp(service);
    return async () => {
      await this.settled();
      this.#add({ kind: 'note', over: service, line: 'its database goes back to a backup' });
      this.#cluster?.stopAll(service, RESTART_MS);
      putBack();
      await this.#simulation.runUntil(this.#simulation.nowMs + RESTART_MS);
    };
  }

  #note(entry: Entry) {
    if (entry.kind === 'write') {
      for (const event of entry.events) this.#add({ kind: 'event', event });
    } else if (entry.kind === 'publish') {
      this.#add({ kind: 'event', event: entry.event });
    } else if (entry.kind === 'gateway') {
      const { status = 'refused', id } = (entry.answer ?? {}) as { status?: string; id?: string };
      const outcome = entry.call === 'refund' && id ? 'on its way' : status;
      this.#add({ kind: 'gateway', call: entry.call, outcome });
    } else if (entry.kind === 'alarm') {
      this.#add({ kind: 'note', over: entry.service, line: 'an alarm rings' });
    }
  }

  #add(step: Step) {
    if (this.#isOn) this.steps.push(step);
  }
}

/** Ids of a story look like those of a real request, and are the same each time. */
function storyOf(count: number): Story {
  const digits = (what: string) => createHash('sha256').update(`${what} ${count}`).digest('hex');
  return { correlationId: digits('request').slice(0, 32), traceId: digits('trace').slice(0, 32) };
}

const OWNERS: Record<string, string> = {
  users: 'auth',
  tickets: 'tickets',
  orders: 'orders',
  payments: 'payments',
  'test-gateway': 'payments',
};
const serviceOf = (url: string) => OWNERS[url.split('/')[2] as string] ?? '';
const pathOf = (url: string) =>
  url.replaceAll(/[0-9a-f]{32}/g, ':id').replace(/\/\w+_\w{12,}/, '/:id');

function outcomeOf({ status, body }: DoorReply): string {
  const { code, status: state } = (body ?? {}) as { code?: string; status?: string | number };
  const what = code ?? (typeof state === 'string' ? state : undefined);
  return what ? `${status} ${what}` : String(status);
}
