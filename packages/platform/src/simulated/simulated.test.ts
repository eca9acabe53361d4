import type { Platform } from '@fairseat/common/ports';
import {
  busContract,
  eventLogContract,
  gatewayContract,
  type OpenHarness,
  tableContract,
  timersContract,
} from '@fairseat/common/testing';
import { openTestGateway, testGatewayTricks } from '@fairseat/gateways/test';
import { clear, type SimulatedProcess, Simulation, type Weather } from './index.ts';

/** Late, slow and out of order. The contract suites count deliveries, so nothing is lost or delivered twice. */
const foul: Weather = {
  ...clear,
  latencyMs: [0, 5],
  slow: 0.1,
  slowMs: 30,
  reorder: 0.3,
  reorderMs: 40,
  timerLateMs: 20,
  gatewaySlowMs: 30,
};

/** A simulation whose time follows the test's clock. */
const simulated =
  (weather: Weather): OpenHarness =>
  async (clock) => {
    const simulation = new Simulation({
      seed: 1,
      startsAtMs: clock.now(),
      weather,
      openGateway: openTestGateway,
      deferMs: 2,
      backoffMs: 1,
      ackWaitMs: 20,
    });
    const opened: SimulatedProcess[] = [];
    let disposed = false;
    const keepUp = async () => {
      await simulation.runUntil(clock.now());
      if (!disposed) clock.after(1, () => void keepUp());
    };
    void keepUp();
    return {
      clock,
      canShare: true,
      async open() {
        const process = simulation.process(`process ${opened.length}`, 0);
        opened.push(process);
        return process.platform;
      },
      async crash(platform: Platform) {
        opened.find((each) => each.platform === platform)?.crash();
      },
      // Events are kept for good here.
      async outliveEvents() {},
      async dispose() {
        disposed = true;
      },
    };
  };

for (const [name, weather] of Object.entries({ clear, foul })) {
  const kind = `simulated (${name} weather)`;
  tableContract(kind, simulated(weather));
  busContract(kind, simulated(weather));
  timersContract(kind, simulated(weather));
  eventLogContract(kind, simulated(weather));
  gatewayContract(kind, simulated(weather), testGatewayTricks);
}
