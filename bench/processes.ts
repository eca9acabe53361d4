/** The services as processes of their own on MongoDB, NATS and Redis, with tickets for sale and buyers signed in. */
import { execFileSync } from 'node:child_process';
import { once as eventOf } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionKey, createSessionSigner, publicKeyOf } from '@fairseat/common/kit';
import { createServices } from '@fairseat/marketplace/services';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { copyTicket } from './copies.ts';
import { once, request } from './http.ts';
import { cores, newFolder, run, type Server, serve } from './server.ts';

const BUYERS = 8;
const here = import.meta.url;

export class Processes {
  readonly env: Record<string, string>;
  /** One process of each service. */
  readonly services = new Map<string, Server>();
  readonly cookies: string[] = [];
  ticketIds: string[] = [];
  readonly servers: { mongodbUrl: string; natsUrl: string; redisUrl: string };
  readonly #namespace = newNamespace();
  readonly #namespaces = [this.#namespace];
  readonly #folder = newFolder();
  readonly #running: Server[] = [];

  private constructor() {
    const { MONGODB_URL = '', NATS_URL = '', REDIS_URL = '' } = serversOfThisMachine();
    this.servers = { mongodbUrl: MONGODB_URL, natsUrl: NATS_URL, redisUrl: REDIS_URL };
    this.env = {
      ...{ MONGODB_URL, NATS_URL, REDIS_URL, NAMESPACE: this.#namespace },
      ...{ PLATFORM: 'distributed', RATE_LIMITS: 'off', LOG_LEVEL: 'warn' },
    };
  }

  static async open(tickets: number): Promise<Processes> {
    const processes = new Processes();
    const cookies = await processes.#signIn();
    processes.cookies.push(...cookies.slice(1));
    for (const { name } of createServices())
      processes.services.set(name, await processes.start(name));
    await processes.#list(tickets, cookies[0] as string);
    return processes;
  }

  the(service: string): Server {
    const server = this.services.get(service);
    if (server === undefined) throw new Error(`${service} does not run`);
    return server;
  }

  /** Starts one more process of a service, or another program in its place. */
  async start(service: string, program = new URL(`../services/${service}/main.ts`, here)) {
    const file = service === 'auth' ? 'private.json' : 'public.json';
    const env = { ...this.env, SESSION_KEY_FILE: join(this.#folder, file) };
    const server = await serve(program, { env, anyCore: true });
    this.#running.push(server);
    return server;
  }

  /** Runs a program of this folder in a namespace of its own. `first` is the message that it sends when ready. */
  async companion(program: string) {
    const namespace = newNamespace();
    this.#namespaces.push(namespace);
    const env = { ...this.env, NAMESPACE: namespace };
    const child = run(new URL(program, here), [], env, [], true);
    const ended = new AbortController();
    child.once('exit', (code) => ended.abort(new Error(`${program} ended with ${code}`)));
    const heard = async () => (await eventOf(child, 'message', { signal: ended.signal }))[0];
    const first = await heard();
    /** @throws when the program has ended. */
    const ask = (question: object | number) => {
      const answer = heard();
      child.send(question);
      return answer;
    };
    const stop = async () => {
      child.kill('SIGTERM');
      await eventOf(child, 'exit');
    };
    return { ask, first, namespace, stop };
  }

  async close() {
    for (const server of this.#running) await server.stop();
    for (const namespace of this.#namespaces) await removeNamespace(this.servers, namespace);
  }

  /** The cookies of a seller and some buyers, who have no account in auth. */
  async #signIn(): Promise<string[]> {
    const key = await createSessionKey();
    mkdirSync(this.#folder);
    writeFileSync(join(this.#folder, 'private.json'), JSON.stringify(key));
    writeFileSync(join(this.#folder, 'public.json'), JSON.stringify(publicKeyOf(key)));
    const sign = await createSessionSigner(key, { now: Date.now });
    const ids = Array.from({ length: 1 + BUYERS }, (_, n) => String(n).padStart(32, 'b'));
    return Promise.all(ids.map(async (id) => `session=${await sign(id, id)}`));
  }

  /** Lists one ticket and copies it, together with orders' listing of it. */
  async #list(count: number, cookie: string) {
    const body = { title: 'Row 12 seat 7 evening velar', price: 4990 };
    await once(this.the('tickets').port, request('POST', '/api/tickets', { cookie, body }), 201);
    this.ticketIds = await copyTicket(this.servers.mongodbUrl, this.#namespace, count);
  }
}

/** Finds the running servers or starts new ones, which may use every core. */
function serversOfThisMachine(): Record<string, string> {
  const program = new URL('../infra/servers/main.ts', here).pathname;
  const pin = cores ? ['taskset', '-c', `${cores.server},${cores.load}`] : [];
  const [command = '', ...args] = [...pin, process.execPath, program];
  const lines = execFileSync(command, args, { encoding: 'utf8' });
  for (const line of lines.matchAll(/^# (.*?)(, log in .*)?$/gm)) console.log(`  ${line[1]}`);
  return Object.fromEntries(
    [...lines.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, url]) => [name, url]),
  );
}
