import { redirect } from 'next/navigation';
import { Form, Submit } from '../../../../components/form.tsx';
import { Shell } from '../../../../components/shell.tsx';
import { letGo } from '../../../../lib/actions.ts';
import { getOrder, getUser } from '../../../../lib/api.ts';
import { type PageProps, page } from '../../../../lib/page.tsx';

export default page(async ({ params }: PageProps) => {
  const { id } = await params;
  const [user, { order }] = await Promise.all([getUser(), getOrder(id)]);
  const isUnpaid = order.status === 'created' || order.status === 'awaiting_payment';
  if (!isUnpaid || order.securedAt !== undefined) redirect(`/orders/${id}`);
  return (
    <Shell
      title="Leave checkout"
      heading="Leaving?"
      user={user}
      wayOut={{ href: `/orders/${id}`, label: 'Back to checkout' }}
    >
      <p className="lead">
        Until the time to pay is over, <bdi>{`“${order.ticket.title}”`}</bdi> is kept for you, and
        nobody else can buy it. Do you want to let it go?
      </p>
      <Form action={letGo} hidden={{ id }} className="row">
        <Submit pending="Letting go …">Let the ticket go</Submit>
        <a className="button button-plain" href={`/orders/${id}`}>
          Back to checkout
        </a>
        <a className="button button-plain" href="/">
          Keep it for now and look around
        </a>
      </Form>
    </Shell>
  );
});
