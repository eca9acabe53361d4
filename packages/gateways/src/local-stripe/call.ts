/** One request to the API, and how what it does is saved together with its answer. */
import type { Scene } from './acts.ts';
import { answerOf, broken, Failure, invalid, missing } from './failure.ts';
import type { Ledger } from './ledger.ts';
import type { Answer, Entry, Json, Payment } from './model.ts';
import { expand, objectOf } from './objects.ts';
import type { Form } from './parameters.ts';

/** What the answer is saved under. */
interface Saving {
  key: string;
  request: string;
}

interface CallOptions {
  scene: Scene;
  ledger: Ledger;
  requestId: string;
  saving: Saving | undefined;
  /** Whether the answer is lost although all was done. */
  breaks: boolean;
  /** Whether a page asks, which knows nothing but client secrets. */
  byPage: boolean;
  expand: string[];
}

export class Call {
  readonly scene: Scene;
  readonly ledger: Ledger;
  readonly byPage: boolean;
  readonly #requestId: string;
  readonly #saving: Saving | undefined;
  readonly #breaks: boolean;
  readonly #expand: string[];

  constructor(options: CallOptions) {
    this.scene = options.scene;
    this.ledger = options.ledger;
    this.byPage = options.byPage;
    this.#requestId = options.requestId;
    this.#saving = options.saving;
    this.#breaks = options.breaks;
    this.#expand = options.expand;
  }

  /** The payment that holds this object. @throws Failure */
  async find(what: string, id: string, param?: string): Promise<Payment> {
    const payment = await this.ledger.payment(id);
    if (!payment) throw missing(what, id, param);
    return this.ledger.current(payment, this.scene);
  }

  /** A page must know the secret of what it asks for. @throws Failure */
  mustKnow({ intent }: Payment, secret: unknown): void {
    if (!this.byPage || secret === intent.clientSecret) return;
    throw invalid('The client_secret provided does not match any associated PaymentIntent.', {
      code: 'payment_intent_invalid_parameter',
      param: 'client_secret',
    });
  }

  /** An object of a payment, with what the request wants expanded. */
  show(payment: Payment, id: string, what = 'object'): Answer {
    const { origin } = this.scene;
    const object = objectOf(payment, id, what, origin);
    return this.ok(expand(payment, object, this.#expand, origin));
  }

  /** An object with nothing expanded. */
  plain = (payment: Payment, id: string): Json =>
    objectOf(payment, id, 'object', this.scene.origin);

  /** Objects on a page of a list: what is expanded in them begins with `data.`. */
  showInList(payment: Payment, id: string): Json {
    const paths = this.#expand.map((path) => path.replace(/^data\./, ''));
    return expand(payment, this.plain(payment, id), paths, this.scene.origin);
  }

  ok = (body: Json): Answer => ({ status: 200, body });

  /** Answers with the object whose id the act returns. What the act throws is saved as well. */
  change(payment: Payment, act: (draft: Payment) => string): Promise<Answer> {
    return this.ledger.change(payment, this.scene, (draft) => {
      let answer: Answer;
      try {
        answer = this.show(draft, act(draft));
      } catch (error) {
        answer = this.answerTo(error);
      }
      return this.#saved(draft, answer);
    });
  }

  /** Keeps what is new. A decline is kept with it; after another failure there is nothing new. */
  async create(payment: Payment, act: (draft: Payment) => string): Promise<Answer> {
    let answer: Answer;
    try {
      answer = this.show(payment, act(payment));
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 402) throw error;
      answer = this.answerTo(error);
    }
    return this.insert(payment, answer);
  }

  async insert(entry: Entry, answer: Answer): Promise<Answer> {
    const saved = this.#saved(entry, answer);
    await this.ledger.insert(entry);
    return saved;
  }

  /** Saves an answer to a request that changed nothing. */
  async note(answer: Answer): Promise<Answer> {
    if (!this.#saving) return answer;
    const id = this.scene.newId('note');
    const createdAt = new Date(this.scene.now).toISOString();
    return this.insert({ kind: 'note', id, version: 1, createdAt, answers: [] }, answer);
  }

  /** @throws what is no failure of Stripe's. */
  answerTo(error: unknown): Answer {
    if (error instanceof Failure) return answerOf(error, this.#requestId);
    throw error;
  }

  #saved(entry: Entry, given: Answer): Answer {
    const answer = this.#breaks ? this.answerTo(broken()) : given;
    if (this.#saving) {
      const { now: at } = this.scene;
      entry.answers.push({ ...this.#saving, ...answer, requestId: this.#requestId, at });
    }
    return answer;
  }
}

/** A path of the API, and what is done there. */
export interface Route {
  method: 'GET' | 'POST';
  /** With groups for ids. */
  path: RegExp;
  /** Whether pages may ask too, with the publishable key. */
  byPages?: true;
  /** Checks the parameters, and returns what answers. @throws Failure */
  prepare(form: Form, ids: string[]): (call: Call) => Promise<Answer>;
}
