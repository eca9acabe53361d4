/** The connection of one live stream, as the service sees it: the part of Node's response that it uses. */
import { EventEmitter } from 'node:events';
import type { SimulatedProcess, Simulation } from '@fairseat/platform/simulated';

const TRIP_MS = 2;

export class Stream extends EventEmitter {
  /** True once either side has closed it. */
  destroyed = false;
  readonly writableLength = 0;
  readonly #simulation: Simulation;
  readonly #process: SimulatedProcess;
  readonly #receive: (text: string) => void;

  constructor(simulation: Simulation, process: SimulatedProcess, receive: (text: string) => void) {
    super();
    this.#simulation = simulation;
    this.#process = process;
    this.#receive = receive;
  }

  /** Also false when its process has died. */
  get isOpen() {
    return !this.destroyed && this.#process.isAlive;
  }

  writeHead() {}

  write(text: string) {
    this.#soon(() => {
      if (!this.destroyed) this.#receive(text);
    });
  }

  end() {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#soon(() => {
      if (this.#process.isAlive) this.#process.whenAwake(() => this.emit('close'));
    });
  }

  destroy() {
    this.end();
  }

  #soon(work: () => void) {
    this.#simulation.at(this.#simulation.nowMs + TRIP_MS, work);
  }
}
