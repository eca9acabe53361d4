import type { User } from '@fairseat/common/contracts/user';
import { redirect } from 'next/navigation';
import { BankStep } from '../../../components/bank-step.tsx';
import { Cancelled, Declined } from '../../../components/cancelled.tsx';
import { Held } from '../../../components/held.tsx';
import { PaymentForm } from '../../../components/payment-form.tsx';
import { Receipt } from '../../../components/receipt.tsx';
import { Refresh } from '../../../components/refresh.tsx';
import { Shell } from '../../../components/shell.tsx';
import { Ticket, type TicketLook } from '../../../components/ticket.tsx';
import {
  type Checkout,
  getCheckout,
  getPaymentOptions,
  getTicket,
  getUser,
  settlePayment,
} from '../../../lib/api.ts';
import { ApiError } from '../../../lib/api-error.ts';
import { type EndReason, isUnsettled, type Stage } from '../../../lib/checkout.ts';
import { type PageProps, page } from '../../../lib/page.tsx';
import type { OpenOptions, OpenOrder } from '../../../lib/records.ts';
import { allowStripe } from '../../../lib/stripe-policy.ts';
import { viewerOf } from '../../../lib/viewer.ts';
import { priceText } from '../../../lib/visit-money.ts';

const LOOK_AGAIN_MS = 2000;

const headings: Record<Exclude<Stage['name'], 'cancelled'>, string> = {
  locking: 'Getting hold of it',
  pay: 'Yours, once you pay',
  confirm: 'Your bank has a question',
  settling: 'Settling your payment',
  paid: 'The seat is yours',
  other: 'Your order has changed',
};

const endings: Record<EndReason, string> = {
  buyer: 'You let it go',
  expired: 'Your hold has ended',
  payment_failed: 'Payment declined',
  ticket_unavailable: 'Somebody was faster',
  other: 'Your order has ended',
};

function headingOf(stage: Stage, { securedAt }: OpenOrder): string {
  if (stage.name === 'cancelled') {
    const isTakenBack = stage.reason === 'payment_failed' && securedAt !== undefined;
    return isTakenBack ? 'The payment failed after all' : endings[stage.reason];
  }
  return stage.name === 'pay' && stage.decline ? 'Try another card' : headings[stage.name];
}

export default page(async ({ params, searchParams }: PageProps) => {
  const { id } = await params;
  if ('payment_intent' in (await searchParams)) await backFromBank(id);
  const [user, checkout] = await Promise.all([getUser(), getCheckout(id)]);
  const { order, stage } = checkout;
  const since = stage.name === 'cancelled' ? await sinceThen(order, user) : null;
  const options = canPay.includes(stage.name) ? await getPaymentOptions(order.ticket.price) : null;
  if (options?.form) allowStripe();
  const heading = headingOf(stage, order);
  const isOpen = !['paid', 'cancelled', 'other'].includes(stage.name);
  return (
    <Shell
      title={heading}
      description="One ticket, held for one buyer while they pay."
      heading={heading}
      // Each declined card is a step of its own.
      step={`${stage.name} ${checkout.charge?.declines ?? ''}`}
      user={user}
      {...(isOpen && { wayOut: { href: `/orders/${id}/leave`, label: 'Leave checkout' } })}
    >
      {isUnsettled(order, stage) && <Refresh everyMs={LOOK_AGAIN_MS} />}
      <div className="checkout">
        <Bought order={order} stage={stage} />
        <section aria-label="Checkout">
          <Step {...checkout} since={since} options={options} />
        </section>
      </div>
    </Shell>
  );
});

/** A page that is or becomes one to pay on, without being loaded anew. */
const canPay: Stage['name'][] = ['locking', 'pay', 'confirm', 'settling'];

/** What the bank's page says in the address is not believed, and is not to stay there. */
async function backFromBank(id: string): Promise<never> {
  await settlePayment(id).catch((error) => {
    if (!(error instanceof ApiError)) throw error;
  });
  redirect(`/orders/${encodeURIComponent(id)}`);
}

type Since = Awaited<ReturnType<typeof sinceThen>>;

/** How the ticket of a cancelled order stands now. */
async function sinceThen({ ticketId }: OpenOrder, user: User | null) {
  const ticket = await getTicket(ticketId);
  return { ticket, viewer: await viewerOf(ticket, user) };
}

const printed: Record<Stage['name'], { look: TicketLook; word: string }> = {
  locking: { look: 'available', word: 'Asked for' },
  pay: { look: 'reserved', word: 'Held for you' },
  confirm: { look: 'reserved', word: 'Held for you' },
  settling: { look: 'reserved', word: 'Held for you' },
  paid: { look: 'paid', word: 'Paid' },
  cancelled: { look: 'withdrawn', word: 'Cancelled' },
  other: { look: 'other', word: 'Changed' },
};

/** The ticket as it was when the order was placed, since that is what the buyer pays for. */
function Bought({ order: { ticketId, ticket }, stage }: { order: OpenOrder; stage: Stage }) {
  const { look, word } = printed[stage.name];
  return (
    <Ticket
      id={ticketId}
      look={look}
      word={word}
      size="full"
      length={ticket.title.length}
      title={
        <h2 className="ticket-title" dir="auto">
          {ticket.title}
        </h2>
      }
      price={priceText(ticket.price)}
    />
  );
}

interface StepProps extends Checkout {
  since: Since | null;
  options: OpenOptions | null;
}

function Step({ order, stage, now, charge, since, options }: StepProps) {
  const { id, ticket } = order;
  switch (stage.name) {
    case 'locking':
      return <p className="lead">We are asking for the ticket. This takes a moment.</p>;
    case 'pay':
      return (
        options && (
          <Held order={order} now={now}>
            {stage.decline && <Declined reason={stage.decline} />}
            <PaymentForm
              // Another card is another request.
              key={charge?.declines}
              orderId={id}
              price={priceText(ticket.price)}
              idempotencyKey={crypto.randomUUID()}
              options={options}
            />
          </Held>
        )
      );
    case 'confirm':
      return (
        <Held order={order} now={now}>
          <BankStep orderId={id} action={stage.action} options={options} />
        </Held>
      );
    case 'settling':
      return (
        <>
          <p className="lead">Your payment is under way. This page says how it ends.</p>
          <p>You need not do anything, and nothing is paid twice.</p>
        </>
      );
    case 'paid':
      return <Receipt order={order} charge={charge} />;
    case 'other':
      return (
        <p className="lead">
          This page cannot say yet how your order stands. Nothing was lost: look again in a moment.
        </p>
      );
    case 'cancelled':
      return (
        since && (
          <Cancelled
            orderId={id}
            stage={stage}
            wasSecured={order.securedAt !== undefined}
            decline={charge?.decline?.message}
            {...since}
          />
        )
      );
  }
}
