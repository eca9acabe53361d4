import type { Stage } from '../lib/checkout.ts';
import type { OpenTicket } from '../lib/records.ts';
import type { Viewer } from '../lib/viewer.ts';
import { TicketSince } from './ticket-since.tsx';

type CancelledStage = Extract<Stage, { name: 'cancelled' }>;

const DECLINED = 'The payment was declined.';

/** Where the buyer was told before that the ticket is theirs. */
const TAKEN_BACK =
  'Your bank did not pay after all, though it had agreed to. You were not charged, and the ticket was let go.';

/** What has happened, which stays true. How the ticket stands is told apart from it, since that changes. */
const reasons: Record<CancelledStage['reason'], string> = {
  buyer: 'You let this ticket go.',
  expired: 'The time to pay was over.',
  payment_failed: 'The ticket was let go, and you were not charged.',
  ticket_unavailable: 'The ticket was taken or changed just before you. You were not charged.',
  other: 'The ticket is no longer held for you.',
};

const LATE = 'Your payment came through too late.';

const refunds: Record<CancelledStage['refund'], string> = {
  none: '',
  owed: `${LATE} The money is on its way back to you.`,
  pending: `${LATE} The money is on its way back to you, which may take your bank some days.`,
  made: `${LATE} The money was given back to you.`,
  failed: `${LATE} Your refund could not be paid out; your bank sent it back. We owe you the money, and will pay you another way.`,
};

interface Props {
  orderId: string;
  stage: CancelledStage;
  /** Whether the ticket was the buyer's before. */
  wasSecured: boolean;
  /** The bank's reason, if it gave one. */
  decline: string | undefined;
  ticket: OpenTicket;
  viewer: Viewer;
}

/** Explains why an order ended without a ticket, and offers the next step. */
export function Cancelled({
  orderId,
  stage,
  wasSecured,
  decline = DECLINED,
  ticket,
  viewer,
}: Props) {
  const isDeclined = stage.reason === 'payment_failed';
  const isTakenBack = isDeclined && wasSecured;
  const refund = refunds[stage.refund];
  return (
    <>
      <p className="lead">
        {isDeclined && !isTakenBack && <strong>{`${decline} `}</strong>}
        <span>{isTakenBack ? TAKEN_BACK : reasons[stage.reason]}</span>
      </p>
      {refund && <p className="notice">{refund}</p>}
      <TicketSince
        ticket={ticket}
        viewer={viewer}
        orderId={orderId}
        again={isDeclined ? 'Try again with another card' : 'Look at the ticket again'}
      />
    </>
  );
}

/** Shown where another card may be tried after one was declined. */
export const Declined = ({ reason }: { reason: string }) => (
  <p className="notice notice-wrong" role="alert">
    {`${reason} You were not charged, and the ticket is still held for you.`}
  </p>
);

/** Shown at the end of the countdown, until the server confirms the end. */
export function Ended({ ticketId }: { ticketId: string }) {
  return (
    <>
      <p className="lead" role="alert">
        Your hold has ended.
      </p>
      <p>
        <a className="button button-primary" href={`/tickets/${ticketId}`}>
          Look at the ticket again
        </a>
      </p>
    </>
  );
}
