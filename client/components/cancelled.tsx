import type { Stage } from '../lib/checkout.ts';

type CancelledStage = Extract<Stage, { name: 'cancelled' }>;

const DECLINED = 'The payment was declined.';

const reasons: Record<CancelledStage['reason'], string> = {
  buyer: 'You let this ticket go. It is for sale again.',
  expired: 'The time to pay is over, and the ticket is for sale again.',
  payment_failed: 'The ticket was let go, and you were not charged.',
  ticket_unavailable: 'The ticket was taken or changed just before you. You were not charged.',
  other: 'The ticket is no longer held for you.',
};

const refunds: Record<CancelledStage['refund'], string> = {
  none: '',
  owed: 'Your payment came through too late. The money is on its way back to you.',
  made: 'Your payment came through too late. The money was given back to you.',
};

interface Props {
  ticketId: string;
  stage: CancelledStage;
  /** The bank's reason, if it gave one. */
  decline: string | undefined;
}

/** Explains why an order ended without a ticket, and offers the next step. */
export function Cancelled({ ticketId, stage, decline = DECLINED }: Props) {
  const isDeclined = stage.reason === 'payment_failed';
  const refund = refunds[stage.refund];
  return (
    <>
      <p className="lead">
        {isDeclined && <strong>{decline} </strong>}
        {reasons[stage.reason]}
      </p>
      {refund && <p className="notice">{refund}</p>}
      <Next ticketId={ticketId} again={isDeclined ? 'Try again with another card' : undefined} />
    </>
  );
}

/** Shown at the end of the countdown, until the server confirms the end. */
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
