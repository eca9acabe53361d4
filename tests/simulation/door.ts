/** Routes simulated requests as Fastify does between a socket and a handler, but without sockets and threads. */
import { inStory, type Story } from '@fairseat/common/context';
import { noSuchPage } from '@fairseat/common/errors';
import { type App, type Log, replyWithProblem } from '@fairseat/common/kit';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface DoorRequest {
  method: Method;
  /** The path, with the query if there is one. */
  url: string;
  body?: unknown;
  headers?: Record<string, string>;
  cookie?: string | undefined;
  /** The connection, for a route that takes it over. */
  raw?: unknown;
}

export interface DoorReply {
  status: number;
  body: unknown;
  /** The session that the answer sets; empty when it clears the session. */
  cookie?: string;
}

type Request = Parameters<typeof replyWithProblem>[1];
type Reply = Parameters<typeof replyWithProblem>[2];

/** The part of a zod schema that checks need. */
interface Schema {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: unknown }
    | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
  parse(value: unknown): unknown;
}

type Checked = 'params' | 'body' | 'querystring' | 'headers';

interface Route {
  method: Method;
  url: string;
  segments: string[];
  onRequest?: (request: Request, reply: Reply) => Promise<void>;
  schema: Partial<Record<Checked, Schema>> & { response: Record<number, Schema> };
  handler: (request: Request, reply: Reply) => unknown;
}

type Options = Pick<Route, 'schema' | 'onRequest'>;

/** The parts of a request, in the order and by the names of Fastify's checks. */
const PARTS: [Checked, 'params' | 'body' | 'query' | 'headers'][] = [
  ['params', 'params'],
  ['body', 'body'],
  ['querystring', 'query'],
  ['headers', 'headers'],
];

/** The server of one replica: `mount` registers routes on `app`, and `request` runs them. */
export class Door {
  readonly #routes: Route[] = [];
  readonly #log: Log;
  readonly #beforeClose: ((done: () => void) => void)[] = [];
  readonly app: App;

  constructor(log: Log) {
    this.#log = log;
    const route =
      (method: Method) => (url: string, options: Options, handler: Route['handler']) => {
        this.#routes.push({ method, url, segments: url.split('/'), ...options, handler });
      };
    const app = {
      get: route('GET'),
      post: route('POST'),
      put: route('PUT'),
      delete: route('DELETE'),
      addHook: (_name: 'preClose', hook: (done: () => void) => void) => {
        this.#beforeClose.push(hook);
      },
      // Plugins for the routes around them, such as that of cookies, have no routes. `Answer` does their part.
      register: async (plugin: (app: unknown) => Promise<void>) => {
        if (!(Symbol.for('skip-override') in plugin)) await plugin(app);
      },
    };
    this.app = app as unknown as App;
  }

  /** Ends the connections that routes have taken over. */
  close() {
    for (const hook of this.#beforeClose) hook(() => {});
  }

  /** Runs a request. Never throws: errors are answered as problems, as by Fastify. */
  request(asked: DoorRequest, story: Story): Promise<DoorReply> {
    return inStory(story, async () => {
      const [path = '', query = ''] = asked.url.split('?');
      const found = this.#find(asked.method, path.split('/'));
      const request = {
        id: story.correlationId,
        headers: {
          ...asked.headers,
          ...(asked.cookie !== undefined && { cookie: `session=${asked.cookie}` }),
        },
        ip: '127.0.0.1',
        params: found?.params ?? {},
        query: Object.fromEntries(new URLSearchParams(query)),
        body: asked.body,
        session: null,
        routeOptions: { url: found?.route.url },
        log: this.#log,
      } as unknown as Request;
      const answer = new Answer(asked.raw);
      const reply = answer as unknown as Reply;
      try {
        if (found === undefined) throw noSuchPage();
        await handle(found.route, request, answer);
      } catch (error) {
        replyWithProblem(error, request, reply);
      }
      return answer.toReply();
    });
  }

  #find(method: Method, path: string[]) {
    for (const route of this.#routes) {
      if (route.method !== method || route.segments.length !== path.length) continue;
      const params: Record<string, string> = {};
      const fits = route.segments.every((segment, index) => {
        if (!segment.startsWith(':')) return segment === path[index];
        params[segment.slice(1)] = path[index] as string;
        return true;
      });
      if (fits) return { route, params };
    }
    return undefined;
  }
}

async function handle(route: Route, request: Request, answer: Answer) {
  const reply = answer as unknown as Reply;
  await route.onRequest?.(request, reply);
  for (const [name, part] of PARTS) {
    const schema = route.schema[name];
    if (schema) Object.assign(request, { [part]: checked(schema, request[part], name) });
  }
  const returned = await route.handler(request, reply);
  if (answer.isTakenOver) return;
  if (returned !== reply) answer.send(returned);
  const schema = route.schema.response[answer.status];
  if (schema) answer.body = schema.parse(answer.body);
}

function checked(schema: Schema, value: unknown, validationContext: Checked): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const validation = result.error.issues.map(({ path, message }) => ({
    instancePath: `/${path.join('/')}`,
    message,
  }));
  throw Object.assign(new Error('invalid request'), { validation, validationContext });
}

/** The part of Fastify's reply that routes and problems use. */
class Answer {
  status = 200;
  body: unknown;
  readonly raw: unknown;
  /** True once the route writes to the connection itself. */
  isTakenOver = false;
  #cookie: string | undefined;

  constructor(raw: unknown) {
    this.raw = raw;
  }

  hijack() {
    this.isTakenOver = true;
  }

  headers() {
    return this;
  }

  getHeaders() {
    return {};
  }

  code(status: number) {
    this.status = status;
    return this;
  }

  send(body: unknown) {
    this.body = body;
    return this;
  }

  setCookie(name: string, token: string) {
    if (name === 'session') this.#cookie = token;
    return this;
  }

  clearCookie(name: string) {
    return this.setCookie(name, '');
  }

  type() {
    return this;
  }

  header() {
    return this;
  }

  serializer() {
    return this;
  }

  toReply(): DoorReply {
    const { status, body } = this;
    return { status, body, ...(this.#cookie !== undefined && { cookie: this.#cookie }) };
  }
}
