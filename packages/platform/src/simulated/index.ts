/** The simulated platform: a whole marketplace in memory, on virtual time, with faults drawn from one seed. */
export type { Engines } from './ground.ts';
export type { Engine, Entry, Fault, Happening } from './history.ts';
export {
  type SimulatedPlatform,
  type SimulatedProcess,
  Simulation,
  type SimulationOptions,
} from './simulation.ts';
export { clear, type Weather } from './weather.ts';
