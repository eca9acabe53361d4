/** Stripe's API as far as Fairseat uses it, with its state. It moves no money and asks nobody outside. */
import type { Platform } from '@fairseat/common/ports';
import type { Scene } from './acts.ts';
import { Alarm } from './alarm.ts';
import { isByPage, pagesMayNot, type StripeKeys } from './authentication.ts';
import { Call, type Route } from './call.ts';
import { checkoutRoutes } from './checkout-routes.ts';
import { answerOf, broken, Failure, invalid, tooMany } from './failure.ts';
import { checkKey, checkReuse, inFlight } from './idempotency.ts';
import { intentRoutes } from './intent-routes.ts';
import { Ledger } from './ledger.ts';
import { type Answer, entries } from './model.ts';
import { otherRoutes } from './other-routes.ts';
import { canonical, type Form, readForm } from './parameters.ts';
import { type Fate, fair, type Weather } from './weather.ts';
import { deliver, type Send, sendByHttp, type Webhook } from './webhooks.ts';

export interface LocalStripeOptions {
  platform: Pick<Platform, 'clock' | 'newId' | 'table'>;
  keys: StripeKeys;
  /** Where its pages are reached, such as `http://127.0.0.1:12111`. */
  origin: string;
  webhooks?: Webhook[];
  /** Sends webhooks, by HTTP unless said. */
  send?: Send;
  weather?: Weather;
  onError?: (error: unknown) => void;
}

export interface StripeRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Names in small letters. */
  headers: Record<string, string | undefined>;
  body: string;
}

/** `cut`: the connection ends. `silent`: no answer ever comes. */
export type StripeResponse =
  | (Answer & { headers: Record<string, string> })
  | { lost: 'cut' | 'silent' };

/** Before what failed is tried again. */
const PAUSE_MS = 1000;

const routes: Route[] = [...intentRoutes, ...otherRoutes, ...checkoutRoutes];

export class LocalStripe {
  readonly ledger: Ledger;
  readonly origin: string;
  readonly #options: LocalStripeOptions;
  readonly #weather: Weather;
  readonly #webhooks: Webhook[];
  readonly #alarm: Alarm;
  /** Keys of requests that are being answered. */
  readonly #inFlight = new Set<string>();

  constructor(options: LocalStripeOptions) {
    const { platform, webhooks = [], weather = fair } = options;
    const table = platform.table('local_stripe', entries);
    this.ledger = new Ledger(table, (at) => this.#alarm.set(at));
    this.origin = options.origin;
    this.#options = options;
    this.#weather = weather;
    this.#webhooks = webhooks;
    this.#alarm = new Alarm(platform.clock, () => this.#catchUp());
  }

  /** Does what has fallen due, from now on. Call it once the platform can read. */
  start(): void {
    this.#alarm.set(this.#options.platform.clock.now());
  }

  /** Resolves once all that is due by now has been done. */
  async settled(): Promise<void> {
    const { clock } = this.#options.platform;
    while (((await this.ledger.nextWake()) ?? Number.POSITIVE_INFINITY) <= clock.now()) {
      await this.#alarm.ring();
    }
  }

  /** Resolves once nothing is under way. */
  close(): Promise<void> {
    return this.#alarm.close();
  }

  /** @throws Unavailable when nothing can be saved. */
  async handle(request: StripeRequest): Promise<StripeResponse> {
    const requestId = this.#newId('req');
    const fate = this.#weather.request(request.method, request.path);
    if (fate === 'cut_before') return { lost: 'cut' };
    if (fate === 'silent_before') return { lost: 'silent' };
    const key = request.method === 'POST' ? request.headers['idempotency-key'] : undefined;
    const headers: Record<string, string> = {
      'request-id': requestId,
      ...(key !== undefined && { 'idempotency-key': key }),
    };
    let answer: Answer;
    try {
      answer = await this.#answer(request, { key, requestId, fate, headers });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      answer = answerOf(error, requestId);
    }
    if (fate === 'cut_after') return { lost: 'cut' };
    if (fate === 'silent_after') return { lost: 'silent' };
    // What was saved would only be said again.
    if (answer.status >= 500) headers['stripe-should-retry'] = 'false';
    return { ...answer, headers };
  }

  async #answer(request: StripeRequest, attempt: Attempt): Promise<Answer> {
    const { key, fate } = attempt;
    const byPage = isByPage(request.headers['authorization'], this.#options.keys);
    if (fate === 'too_many') throw tooMany();
    const { route, ids, form } = find(request);
    if (byPage && !route.byPages) throw pagesMayNot();
    if (key === undefined) return this.#run(route, ids, form, attempt, byPage);
    checkKey(key);
    const described = `${request.method} ${request.path} ${canonical(form)}`;
    if (this.#inFlight.has(key)) throw inFlight(key);
    this.#inFlight.add(key);
    try {
      const saved = await this.ledger.savedAnswer(key, this.#options.platform.clock.now());
      if (!saved) return await this.#run(route, ids, form, attempt, byPage, described);
      checkReuse(saved, described);
      attempt.headers['idempotent-replayed'] = 'true';
      attempt.headers['original-request'] = saved.requestId;
      return { status: saved.status, body: saved.body };
    } finally {
      this.#inFlight.delete(key);
    }
  }

  async #run(
    route: Route,
    ids: string[],
    form: Form,
    { key, requestId, fate }: Attempt,
    byPage: boolean,
    described = '',
  ): Promise<Answer> {
    const run = route.prepare(form, ids);
    const call = new Call({
      scene: this.scene({ id: requestId, key: key ?? null }),
      ledger: this.ledger,
      requestId,
      saving: key === undefined ? undefined : { key, request: described },
      breaks: fate === 'broken_after',
      byPage,
      expand: expandIn(form),
    });
    if (fate === 'broken_before') return call.note(call.answerTo(broken()));
    return run(call);
  }

  /** How something is done now. */
  readonly scene = (request: Scene['request'] = null): Scene => {
    return {
      now: this.#options.platform.clock.now(),
      newId: this.#newId,
      origin: this.origin,
      request,
      deliveries: (now) =>
        this.#webhooks.flatMap((_, webhook) =>
          this.#weather.webhook().map((delay) => ({ webhook, attempts: 0, at: now + delay })),
        ),
    };
  };

  #newId = (prefix: string) => `${prefix}_${this.#options.platform.newId()}`;

  async #catchUp(): Promise<void> {
    const { send = sendByHttp, onError = () => {} } = this.#options;
    try {
      const scene = this.scene();
      for (const due of await this.ledger.due(scene.now)) {
        const payment = await this.ledger.current(due, scene);
        await deliver(payment, scene, this.ledger, this.#webhooks, send);
      }
      const next = await this.ledger.nextWake();
      if (next !== undefined) this.#alarm.set(next);
    } catch (error) {
      onError(error);
      this.#alarm.set(this.#options.platform.clock.now() + PAUSE_MS);
    }
  }
}

interface Attempt {
  key: string | undefined;
  requestId: string;
  fate: Fate;
  /** Of the answer. */
  headers: Record<string, string>;
}

/** @throws Failure (404) */
function find({ method, path, body }: StripeRequest) {
  const { pathname, search } = new URL(path, 'http://stripe.local');
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(pathname) : null;
    if (!match) continue;
    const form = readForm(method === 'GET' ? search : body);
    return { route, form, ids: match.slice(1).map(decodeURIComponent) };
  }
  throw invalid(
    `Unrecognized request URL (${method}: ${pathname}). The local Stripe serves what Fairseat needs: see docs/local-stripe.md.`,
    {},
    404,
  );
}

const expandIn = ({ expand }: Form): string[] =>
  typeof expand === 'object' ? Object.values(expand).map(String) : [];
