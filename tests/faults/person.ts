/** A person who repeats each request, under the same key, until there is an answer. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Caller } from '@fairseat/test-support/process';

const ANSWER_WITHIN_MS = 5000;
const ASK_AGAIN_MS = 200;

export interface Counts {
  requests: number;
  /** Requests without an answer in time, with an error of the server, or for a record that it does not know yet. */
  failed: number;
  /** Of those, the ones whose connection was refused or cut. */
  cuts: Cut[];
}

/** In ms since the epoch. */
export interface Cut {
  sentAt: number;
  cutAt: number;
}

/** The cuts that a fault cannot have caused: over before it began, or of requests sent after all was well again. */
export const withoutCause = (cuts: Cut[], begunAt: number, wellAt: number) =>
  cuts.filter(({ sentAt, cutAt }) => cutAt < begunAt || sentAt > wellAt);

interface Request {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer<T> {
  status: number;
  body: T & { code?: string };
}

export class Person {
  readonly #caller: Caller;
  readonly #counts: Counts;

  constructor(url: string, counts: Counts) {
    this.#caller = new Caller(url, (sentAt) => {
      counts.cuts.push({ sentAt, cutAt: Date.now() });
    });
    this.#counts = counts;
  }

  /** Makes an account and signs in. */
  async signUp(deadline: number): Promise<this> {
    const body = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
    const { status } = await this.ask(
      { method: 'POST', path: '/api/users/signup', body },
      deadline,
    );
    // An attempt whose answer was lost has made the account.
    if (status === 409)
      await this.ask({ method: 'POST', path: '/api/users/signin', body }, deadline);
    return this;
  }

  get = <T>(path: string, deadline: number) => this.ask<T>({ method: 'GET', path }, deadline);

  /** @throws when there is no answer by the deadline. */
  async ask<T>({ method, path, body, headers }: Request, deadline: number): Promise<Answer<T>> {
    const key = { 'idempotency-key': randomUUID() };
    for (let last: number | string = 'none'; ; ) {
      const reply = await this.#caller.send<T & { code?: string }>(
        method,
        path,
        body,
        { ...key, ...headers },
        ANSWER_WITHIN_MS,
      );
      this.#counts.requests += 1;
      if (reply && reply.status < 500 && reply.status !== 404) return reply;
      this.#counts.failed += 1;
      last = reply?.status ?? last;
      if (Date.now() > deadline) throw new Error(`${method} ${path}: no good answer, last ${last}`);
      await pause(ASK_AGAIN_MS);
    }
  }
}
