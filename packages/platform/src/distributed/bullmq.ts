import { Unavailable } from '@fairseat/common/errors';
import type { Clock, Timers } from '@fairseat/common/ports';
import { DelayedError, type Job, Queue, Worker } from 'bullmq';
import { RING_AGAIN_MS } from '../delivery.ts';
import type { Trouble } from './engine.ts';
import type { RedisClient } from './redis.ts';

const AT_ONCE = 50;
/** The alarm of a worker that died goes to another worker after this time. */
const LOCK_MS = 5000;
/** An alarm is retried for ever. */
const FOREVER = 2 ** 31 - 1;
const CHECK_CLOCK_MS = 1000;
const PROMOTED_AT_ONCE = 1000;

interface Alarm {
  key: string;
  /** Milliseconds since the epoch. */
  at: number;
}

interface TimersOptions {
  service: string;
  prefix: string;
  clock: Clock;
  /** A connection for commands, and a new one for the worker, which blocks it while it waits for jobs. */
  connections: { commands: RedisClient; worker: () => RedisClient };
  explain: (error: unknown) => Trouble;
  onError: (error: unknown) => void;
}

/** Alarms as delayed jobs, one for each key. */
export class BullTimers implements Timers {
  readonly #options: TimersOptions;
  readonly #queue: Queue<Alarm>;
  #handler: ((key: string) => Promise<void>) | undefined;
  #worker: Worker<Alarm> | undefined;
  #connection: RedisClient | undefined;
  #cancelCheck = () => {};

  constructor(options: TimersOptions) {
    this.#options = options;
    this.#queue = new Queue(`${options.service}-timers`, {
      connection: options.connections.commands,
      prefix: options.prefix,
      skipVersionCheck: true,
      // Commands fail while Redis is away, instead of waiting for it without end.
      skipWaitingForReady: true,
      defaultJobOptions: {
        attempts: FOREVER,
        backoff: { type: 'fixed', delay: RING_AGAIN_MS },
        removeOnComplete: true,
      },
    });
    // Who gave a command is told, and the start and the worker report that there is no connection.
    this.#queue.on('error', () => {});
  }

  set(key: string, at: number) {
    return this.#asking(async () => {
      const job = await this.#queue.getJob(jobIdOf(key));
      if (job && (await this.#move(job, at))) return;
      const delay = Math.max(0, at - this.#options.clock.now());
      await this.#queue.add('alarm', { key, at }, { jobId: jobIdOf(key), delay });
    });
  }

  /** Returns false when the job is gone by now. */
  async #move(job: Job<Alarm>, at: number): Promise<boolean> {
    if (job.data.at === at) return true;
    try {
      // An alarm that is firing reads its data again at the end, and is then set anew.
      await job.updateData({ ...job.data, at });
      if (await job.isDelayed()) await job.changeDelay(Math.max(0, at - this.#options.clock.now()));
      return true;
    } catch (error) {
      if (await job.isActive()) return true;
      if (hasMovedOn(error)) return false;
      throw error;
    }
  }

  drop(key: string) {
    // An alarm that is firing cannot be removed, and need not be.
    return this.#asking(async () => {
      await this.#queue.remove(jobIdOf(key));
    });
  }

  onFire(handler: (key: string) => Promise<void>) {
    this.#handler = handler;
  }

  start() {
    if (!this.#handler) return;
    const { connections, prefix, onError } = this.#options;
    this.#connection = connections.worker();
    this.#worker = new Worker<Alarm>(this.#queue.name, (job, token) => this.#ring(job, token), {
      connection: this.#connection,
      prefix,
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      maxStalledCount: FOREVER,
    });
    this.#worker.on('error', onError);
    this.#worker.on('failed', (_, error) => onError(error));
    this.#checkClock();
  }

  async stop() {
    this.#cancelCheck();
    await this.#worker?.close();
    await this.#queue.close();
    this.#connection?.disconnect();
  }

  async crash() {
    this.#cancelCheck();
    this.#connection?.disconnect();
    await this.#worker?.close(true);
    await this.#queue.close();
  }

  /** True when no alarm is firing or due. */
  async isIdle(): Promise<boolean> {
    const { active = 0, waiting = 0 } = await this.#queue.getJobCounts('active', 'waiting');
    if (active + waiting > 0) return false;
    const [first] = await this.#dueOnes();
    return first === undefined;
  }

  async #ring(job: Job<Alarm>, token: string | undefined) {
    // An alarm that was set by a process whose clock is ahead fires too early.
    if (job.data.at > this.#options.clock.now()) await this.#setAnew(job, token);
    await this.#handler?.(job.data.key);
    const { at = job.data.at } = (await this.#queue.getJob(jobIdOf(job.data.key)))?.data ?? {};
    if (at === job.data.at) return;
    job.data.at = at;
    await this.#setAnew(job, token);
  }

  async #setAnew(job: Job<Alarm>, token: string | undefined): Promise<never> {
    const earlyMs = Math.max(0, job.data.at - this.#options.clock.now());
    await job.moveToDelayed(Date.now() + earlyMs, token);
    throw new DelayedError();
  }

  /** BullMQ goes by the machine's clock. While the platform's clock is ahead of it, due jobs are promoted here. */
  #checkClock() {
    const { clock, onError } = this.#options;
    const check = async () => {
      const isAhead = clock.now() - Date.now() > CHECK_CLOCK_MS;
      if (isAhead) await this.#promoteDue().catch(onError);
      if (!this.#worker?.closing) this.#checkClock();
    };
    this.#cancelCheck = clock.after(CHECK_CLOCK_MS, () => void check());
  }

  async #promoteDue() {
    for (const job of await this.#dueOnes()) {
      try {
        await job.promote();
      } catch (error) {
        if (!hasMovedOn(error)) throw error;
      }
    }
  }

  async #dueOnes(): Promise<Job<Alarm>[]> {
    const now = this.#options.clock.now();
    const jobs = await this.#queue.getDelayed(0, PROMOTED_AT_ONCE);
    return jobs.filter((job) => job?.data.at <= now).toSorted((a, b) => a.data.at - b.data.at);
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw new Unavailable(this.#options.explain(error).line, { cause: error });
    }
  }
}

/** BullMQ accepts neither a colon in an id nor an id that is only a number. */
const jobIdOf = (key: string) => `alarm-${encodeURIComponent(key)}`;

/** True when a job is being worked on or gone by now. */
const hasMovedOn = (error: unknown) => /missing (key|job)|not in the delayed/i.test(String(error));
