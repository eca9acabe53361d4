import type { Simulation } from '@fairseat/platform/simulated';
import type { Cluster } from './cluster.ts';
import type { Fault, Plan } from './plan.ts';
import { passTime } from './time-troubles.ts';

const LOOKS_EVERY_MS = 50;

type Crash = Extract<Fault, { kind: 'crash' }>;

/** Returns how long faults may keep a service from its work, at most. One process stops all services at once. */
export const troubleMsOf = (plan: Plan, service: string): number =>
  plan.faults.reduce(
    (sumMs, fault) => (isHeldUpBy(fault, plan, service) ? sumMs + fault.lastsMs : sumMs),
    0,
  );

function isHeldUpBy(fault: Fault, { platform, replicas }: Plan, service: string): boolean {
  switch (fault.kind) {
    case 'outage':
    case 'disk full':
      return fault.engine === 'tables' && (fault.owner ?? service) === service;
    case 'crash':
    case 'crash at commit':
      return platform === 'embedded' || fault.service === service;
    case 'version':
      return fault.service === service;
    case 'database back':
      return fault.services.includes(service);
    case 'pause':
      return platform === 'embedded' || (fault.service ?? service) === service;
    // The other replicas go on.
    case 'cut':
    case 'stop':
      return replicas[service] === 1 && (platform === 'embedded' || fault.service === service);
    default:
      return false;
  }
}

/** Brings about the planned faults of a run, counted from now on. */
export class Troubles {
  readonly #simulation: Simulation;
  readonly #cluster: Cluster;
  /** Crashes that wait for their process to save something. */
  readonly #ambushes = new Map<string, Crash>();
  /** Functions that call off lost events not published yet, and crashes at commits that have not come. */
  readonly #callOff: (() => void)[] = [];
  #endMs: number;

  constructor({ faults }: Plan, simulation: Simulation, cluster: Cluster) {
    this.#simulation = simulation;
    this.#cluster = cluster;
    this.#endMs = simulation.nowMs;
    for (const fault of faults) {
      const atMs = simulation.nowMs + fault.atMs;
      const latestMs = atMs + (fault.kind === 'stop' ? (fault.withinMs ?? 0) : 0);
      this.#endMs = Math.max(this.#endMs, latestMs + fault.lastsMs);
      simulation.at(atMs, () => this.#inflict(fault));
    }
    simulation.onHistory(({ kind, process }) => {
      if (kind === 'write') this.#saved(process);
    });
  }

  /** Resolves once all faults are over. */
  async end(): Promise<void> {
    while (this.#simulation.nowMs <= this.#endMs) await this.#simulation.runUntil(this.#endMs + 1);
    this.#ambushes.clear();
    for (const callOff of this.#callOff) callOff();
    while (this.#simulation.nowMs <= this.#endMs) await this.#simulation.runUntil(this.#endMs + 1);
  }

  #inflict(fault: Fault) {
    const untilMs = this.#simulation.nowMs + fault.lastsMs;
    switch (fault.kind) {
      case 'crash':
        if (fault.afterSaveMs === undefined) this.#crash(fault);
        else this.#ambushes.set(`${fault.service} ${fault.replica + 1}`, fault);
        break;
      case 'crash at commit':
        this.#crashAtCommit(fault);
        break;
      case 'outage':
        this.#simulation.outage({ engine: fault.engine, owner: fault.owner, untilMs });
        break;
      case 'disk full':
        this.#simulation.outage({
          engine: fault.engine,
          owner: fault.owner,
          ofWrites: true,
          untilMs,
        });
        break;
      case 'cut': {
        const process = `${fault.service} ${fault.replica + 1}`;
        this.#simulation.outage({ engine: fault.engine, process, untilMs });
        break;
      }
      case 'pause':
        this.#cluster.pause(fault, untilMs);
        break;
      case 'stop':
        this.#stop(fault, this.#simulation.nowMs + (fault.withinMs ?? 0));
        break;
      case 'clock':
        // Their clocks go by the plan.
        break;
      case 'timers lost':
        this.#simulation.loseTimers();
        break;
      case 'event lost':
        this.#callOff.push(this.#simulation.loseEvent(fault.group, fault.type));
        break;
      default:
        passTime(fault, this.#simulation, this.#cluster);
    }
  }

  #stop(fault: Extract<Fault, { kind: 'stop' }>, latestMs: number) {
    const { nowMs } = this.#simulation;
    if (nowMs < latestMs && !this.#cluster.isWaitedFor(fault)) {
      this.#simulation.at(nowMs + LOOKS_EVERY_MS, () => this.#stop(fault, latestMs));
      return;
    }
    this.#cluster.stop(fault, (atMs) => {
      this.#endMs = Math.max(this.#endMs, atMs);
    });
  }

  #saved(process: string) {
    const fault = this.#ambushes.get(process);
    if (fault === undefined) return;
    this.#ambushes.delete(process);
    const atMs = this.#simulation.nowMs + (fault.afterSaveMs ?? 0);
    this.#endMs = Math.max(this.#endMs, atMs + fault.lastsMs);
    this.#simulation.at(atMs, () => this.#crash(fault));
  }

  #crashAtCommit({ service, replica, lastsMs }: Extract<Fault, { kind: 'crash at commit' }>) {
    const callOff = this.#cluster.crashAtCommit(service, replica, lastsMs, () => {
      this.#endMs = Math.max(this.#endMs, this.#simulation.nowMs + lastsMs);
    });
    if (callOff) this.#callOff.push(callOff);
  }

  #crash({ service, replica, lastsMs }: Crash) {
    this.#cluster.crash(service, replica, lastsMs);
  }
}
