import type { User } from '@fairseat/common/contracts/user';
import { getOrder } from './api.ts';
import { ApiError } from './api-error.ts';
import type { OpenTicket } from './records.ts';

/** Whom a ticket is shown to. */
export type Viewer =
  /** Not signed in. */
  { is: 'stranger' } | { is: 'buyer' } | { is: 'holder'; orderId: string } | { is: 'seller' };

export async function viewerOf(ticket: OpenTicket, user: User | null): Promise<Viewer> {
  if (user === null) return { is: 'stranger' };
  if (ticket.userId === user.id) return { is: 'seller' };
  if (ticket.orderId === null) return { is: 'buyer' };
  try {
    const { order } = await getOrder(ticket.orderId);
    return { is: 'holder', orderId: order.id };
  } catch (error) {
    // The order is somebody else's.
    if (error instanceof ApiError && error.status < 500) return { is: 'buyer' };
    throw error;
  }
}
