import type { Stage } from '../lib/checkout.ts';

type CancelledStage = Extract<Stage, { name: 'cancelled' }>;

const reasons: Record<CancelledStage['reason'], string> = {
  buyer: 'You let this ticket go. It is for sale again.',
  expired: 'The time to pay is over, and the ticket is for sale again.',
  payment_failed: 'The payment was declined, and the ticket was let go. You were not charged.',
  ticket_unavailable: 'The ticket was taken or changed just before you. You were not charged.',
};

const refunds: Record<CancelledStage['refund'], string> = {
  none: '',
  owed: 'Your payment came through too late. The money is on its way back to you.',
  made: 'Your payment came through too late. The money was given back to you.',
};

/** Why an order has ended without a ticket, and what to do next. */
export function Cancelled({ ticketId, stage }: { ticketId: string; stage: CancelledStage }) {
  const refund = refunds[stage.refund];
  return (
    <>
      <p className="lead">{reasons[stage.reason]}</p>
      {refund && <p className="notice">{refund}</p>}
      <Next
        ticketId={ticketId}
        again={stage.reason === 'payment_failed' ? 'Try again with another card' : undefined}
      />
    </>
  );
}

/** What is seen at the end of the countdown, before the server has said so. */
export function Ended({ ticketId }: { ticketId: string }) {
  return (
    <>
      <p className="lead" role="alert">
        Your hold has ended. {reasons.expired}
      </p>
      <Next ticketId={ticketId} />
    </>
  );
}

function Next(props: { ticketId: string; again?: string | undefined }) {
  return (
    <p>
      <a className="button button-primary" href={`/tickets/${props.ticketId}`}>
        {props.again ?? 'Look at the ticket again'}
      </a>{' '}
      <a className="button button-plain" href="/">
        See what else is for sale
      </a>
    </p>
  );
}
