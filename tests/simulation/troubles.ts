import type { Simulation } from '@fairseat/platform/simulated';
import type { Cluster } from './cluster.ts';
import type { Fault, Plan } from './plan.ts';
import { passTime } from './time-troubles.ts';

type Crash = Extract<Fault, { kind: 'crash' }>;

/** Returns how long faults may keep a service from its work, at most. One process stops all services at once. */
export const troubleMsOf = ({ faults, platform }: Plan, service: string): number =>
  faults.reduce((sumMs, { lastsMs, ...fault }) => {
    if (fault.kind === 'outage') {
      const isMet = fault.engine === 'tables' && (fault.owner ?? service) === service;
      return isMet ? sumMs + lastsMs : sumMs;
    }
    if (fault.kind === 'version') return sumMs + (fault.service === service ? lastsMs : 0);
    if (fault.kind === 'database back') {
      return sumMs + (fault.services.includes(service) ? lastsMs : 0);
    }
    const isCrash = fault.kind === 'crash' || fault.kind === 'crash at commit';
    const isMet = isCrash && (platform === 'embedded' || fault.service === service);
    return isMet ? sumMs + lastsMs : sumMs;
  }, 0);

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
      this.#endMs = Math.max(this.#endMs, atMs + fault.lastsMs);
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
        this.#simulation.outage(fault.engine, untilMs, fault.owner);
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
