import { redirect } from 'next/navigation';
import { Entrance } from '../../../components/entrance.tsx';
import { Shell } from '../../../components/shell.tsx';
import { signUp } from '../../../lib/actions.ts';
import { getUser } from '../../../lib/api.ts';
import { askedDraft } from '../../../lib/draft.ts';
import { one, type PageProps, page } from '../../../lib/page.tsx';
import { safePath, signInPath } from '../../../lib/paths.ts';

export default page(async ({ searchParams }: PageProps) => {
  const next = safePath(one(await searchParams, 'next'));
  if ((await getUser()) !== null) redirect(next);
  return (
    <Shell title="Sign up" heading="Sign up" user={null}>
      <p className="lead">To buy and to sell. It takes an e-mail address and a password.</p>
      <Entrance
        action={signUp}
        next={next}
        submit="Sign up"
        pending="Signing up …"
        isNew
        draft={await askedDraft()}
      />
      <p>
        Been here before? <a href={signInPath(next)}>Sign in</a>
      </p>
    </Shell>
  );
});
