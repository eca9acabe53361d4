/** The limits of a run on what one buyer may hold. */
import { pick, stream } from './random.ts';

/** Few, so that people meet the limit, and mostly enough to trade. */
const MAX_HOLDS = [1, 2, 3, 4, 4, 4];

export const drawMaxHolds = (seed: number) => pick(MAX_HOLDS, stream(seed, 'holds')());

/** The seconds before a ticket may be held again that was let go: few, so that people see the end of them. */
export const HOLD_PAUSES = [2, 5, 10];
