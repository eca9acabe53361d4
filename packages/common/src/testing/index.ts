/** The test kit: specifications of decisions, a clock that tests can move, and the contract suites of the ports. */
export { busContract } from './bus-contract.ts';
export { createTestClock, type TestClock } from './clock.ts';
export { deadLetterContract } from './dead-letter-contract.ts';
export { specification } from './decider.ts';
export { eventLogContract } from './event-log-contract.ts';
export { gatewayContract } from './gateway-contract.ts';
export type { GatewayTricks } from './gateway-refunds-contract.ts';
export type { Harness, OpenHarness } from './harness.ts';
export { seeded, shuffled } from './random.ts';
export { tableContract } from './table-contract.ts';
export { timersContract } from './timers-contract.ts';
