import { redirect } from 'next/navigation';
import { Ended } from '../../../../components/cancelled.tsx';
import { Countdown } from '../../../../components/countdown.tsx';
import { Form, Submit } from '../../../../components/form.tsx';
import { Shell } from '../../../../components/shell.tsx';
import { confirm } from '../../../../lib/actions.ts';
import { getCharge, getOrder, getUser } from '../../../../lib/api.ts';
import { stageOf } from '../../../../lib/checkout.ts';
import { type PageProps, page } from '../../../../lib/page.tsx';
import { priceText } from '../../../../lib/visit-money.ts';

/** The page of the test gateway that stands for the buyer's bank. */
export default page(async ({ params }: PageProps) => {
  const { id } = await params;
  const [user, { order, now }, charge] = await Promise.all([
    getUser(),
    getOrder(id),
    getCharge(id),
  ]);
  const stage = stageOf(order, charge, now);
  if (stage.name !== 'confirm') redirect(`/orders/${id}`);
  return (
    <Shell
      title="Test bank"
      heading="Is this you?"
      user={user}
      wayOut={{ href: `/orders/${id}`, label: 'Back to checkout' }}
    >
      <div className="bank">
        <p className="bank-name">Test bank</p>
        <p className="lead">
          Fairseat asks for <strong>{priceText(order.ticket.price)}</strong> for{' '}
          <bdi>“{order.ticket.title}”</bdi>.
        </p>
        <p className="fine">
          This page stands for the one where your bank would ask you. It is a test: no money moves.
        </p>
        <Countdown
          until={Date.parse(order.expiresAt)}
          now={now}
          after={<Ended ticketId={order.ticketId} />}
        >
          <Form action={confirm} hidden={{ id }} className="row">
            <Submit name="approve" value="yes" pending="Confirming …">
              Confirm payment
            </Submit>
            <Submit name="approve" value="no" look="plain">
              Refuse
            </Submit>
          </Form>
        </Countdown>
      </div>
    </Shell>
  );
});
