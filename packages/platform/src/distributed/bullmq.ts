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

/** Alarms as delayed jobs: one for each key, and a second while that rings and is moved. */
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
      const jobs = await Promise.all(jobIdsOf(key).map((id) => this.#queue.getJob(id)));
      const moves = await Promise.all(jobs.map((job) => job && this.#move(job, at)));
      if (moves.includes('moved')) return;
      const free = jobIdsOf(key).find((_, slot) => moves[slot] !== 'ringing') ?? jobIdOf(key);
      const delay = Math.max(0, at - this.#options.clock.now());
      await this.#queue.add('alarm', { key, at }, { jobId: free, delay });
    });
  }

  /** One that rings is not moved: it may be past its last look at its time. */
  async #move(job: Job<Alarm>, at: number): Promise<'moved' | 'ringing' | 'gone'> {
    if (job.data.at === at) return 'moved';
    try {
      if (await job.isActive()) return 'ringing';
      await job.updateData({ ...job.data, at });
      if (await job.isDelayed()) await job.changeDelay(Math.max(0, at - this.#options.clock.now()));
      return (await job.isActive()) ? 'ringing' : 'moved';
    } catch (error) {
      if (await job.isActive()) return 'ringing';
      if (hasMovedOn(error)) return 'gone';
      throw error;
    }
  }

  drop(key: string) {
    // An alarm that is firing cannot be removed, and need not be.
    return this.#asking(async () => {
      await Promise.all(jobIdsOf(key).map((id) => this.#queue.remove(id)));
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
    const { key } = job.data;
    // An alarm that was set by a process whose clock is ahead fires too early.
    if (job.data.at > this.#options.clock.now()) await this.#setAnew(job, token);
    if (job.attemptsMade > 0 && (await this.#wasMoved(job))) return;
    await this.#handler?.(key);
    // Older replicas move an alarm that rings by its data alone.
    const { at = job.data.at } = (await this.#queue.getJob(String(job.id)))?.data ?? {};
    if (at === job.data.at) return;
    job.data.at = at;
    await this.#setAnew(job, token);
  }

  /** True when the key was given a later time while this alarm rang, whose handler then failed. */
  async #wasMoved({ id, data }: Job<Alarm>): Promise<boolean> {
    const others = jobIdsOf(data.key).filter((other) => other !== id);
    const jobs = await Promise.all(others.map((other) => this.#queue.getJob(other)));
    return jobs.some((job) => job && job.data.at > data.at);
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

/** A key has a second job while the first rings and was given another time. */
const jobIdsOf = (key: string) => [jobIdOf(key), `moved-${encodeURIComponent(key)}`];

/** True when a job is being worked on or gone by now. */
const hasMovedOn = (error: unknown) => /missing (key|job)|not in the delayed/i.test(String(error));
