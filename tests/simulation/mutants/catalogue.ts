import type { Mutant } from './mutant.ts';
import { ofCharges } from './of-charges.ts';
import { ofEmbedded } from './of-embedded.ts';
import { ofHolds } from './of-holds.ts';
import { ofKit } from './of-kit.ts';
import { ofLater } from './of-later.ts';
import { ofOrderDecisions } from './of-order-decisions.ts';
import { ofOrders } from './of-orders.ts';
import { ofPayments } from './of-payments.ts';
import { ofPlatform } from './of-platform.ts';
import { ofTickets } from './of-tickets.ts';
import { ofTime } from './of-time.ts';
import { ofTwoSteps } from './of-two-steps.ts';

/** Every bug that the simulator must find. */
export const catalogue: readonly Mutant[] = [
  ...ofTickets,
  ...ofOrders,
  ...ofOrderDecisions,
  ...ofHolds,
  ...ofCharges,
  ...ofPayments,
  ...ofTwoSteps,
  ...ofKit,
  ...ofPlatform,
  ...ofEmbedded,
  ...ofLater,
  ...ofTime,
];
