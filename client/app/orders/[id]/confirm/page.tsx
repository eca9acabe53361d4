import { redirect } from 'next/navigation';
import { Form, Submit } from '../../../../components/form.tsx';
import { Held } from '../../../../components/held.tsx';
import { PayBar } from '../../../../components/pay-bar.tsx';
import { Shell } from '../../../../components/shell.tsx';
import { confirm } from '../../../../lib/actions.ts';
import { getCheckout, getUser } from '../../../../lib/api.ts';
import { type PageProps, page } from '../../../../lib/page.tsx';
import { priceText } from '../../../../lib/visit-money.ts';

/** The test gateway's stand-in for the page of the buyer's bank. */
export default page(async ({ params }: PageProps) => {
  const { id } = await params;
  const [user, { order, now, stage }] = await Promise.all([getUser(), getCheckout(id)]);
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
          <bdi>{`“${order.ticket.title}”`}</bdi>.
        </p>
        <p className="fine">
          This page stands for the one where your bank would ask you. It is a test: no money moves.
        </p>
        <Held order={order} now={now}>
          <Form action={confirm} hidden={{ id }} className="row">
            <PayBar>
              <Submit name="approve" value="yes" pending="Confirming …">
                Confirm payment
              </Submit>
            </PayBar>
            <Submit name="approve" value="no" look="plain">
              Refuse
            </Submit>
          </Form>
        </Held>
      </div>
    </Shell>
  );
});
