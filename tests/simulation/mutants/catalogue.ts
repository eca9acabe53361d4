import type { Mutant } from './mutant.ts';
import { ofCharges } from './of-charges.ts';
import { ofEmbedded } from './of-embedded.ts';
import { ofKit } from './of-kit.ts';
import { ofOrders } from './of-orders.ts';
import { ofPayments } from './of-payments.ts';
import { ofPlatform } from './of-platform.ts';
import { ofTickets } from './of-tickets.ts';

/** Every bug that the simulator must find. */
export const catalogue: readonly Mutant[] = [
  ...ofTickets,
  ...ofOrders,
  ...ofCharges,
  ...ofPayments,
  ...ofKit,
  ...ofPlatform,
  ...ofEmbedded,
];
