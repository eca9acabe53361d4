import { createAuth, type Passwords } from '@fairseat/auth';
import type { Service } from '@fairseat/common/kit';
import { expiration } from '@fairseat/expiration';
import { feed } from '@fairseat/feed';
import { live } from '@fairseat/live';
import { orders } from '@fairseat/orders';
import { payments } from '@fairseat/payments';
import { tickets } from '@fairseat/tickets';

/** All services. Everything else that needs to know of them derives it from this list. */
export const createServices = (passwords?: Passwords): Service[] => [
  createAuth(passwords),
  tickets,
  orders,
  expiration,
  payments,
  live,
  feed,
];
