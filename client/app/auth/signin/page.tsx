import { redirect } from 'next/navigation';
import { Entrance } from '../../../components/entrance.tsx';
import { Shell } from '../../../components/shell.tsx';
import { signIn } from '../../../lib/actions.ts';
import { getUser } from '../../../lib/api.ts';
import { askedDraft } from '../../../lib/draft.ts';
import { one, type PageProps, page } from '../../../lib/page.tsx';
import { safePath } from '../../../lib/paths.ts';

export default page(async ({ searchParams }: PageProps) => {
  const query = await searchParams;
  const next = safePath(one(query, 'next'));
  if ((await getUser()) !== null) redirect(next);
  return (
    <Shell title="Sign in" heading="Sign in" user={null}>
      {one(query, 'cookie') === 'refused' && (
        <p role="alert" className="notice notice-wrong">
          Your browser refused the cookie that keeps you signed in, so you are not. Allow cookies
          for this site in its settings, then sign in.
        </p>
      )}
      {next !== '/' && <p className="lead">Sign in to go on where you were.</p>}
      <Entrance
        action={signIn}
        next={next}
        submit="Sign in"
        pending="Signing in …"
        draft={await askedDraft()}
      />
      <p>
        New here? <a href={`/auth/signup?next=${encodeURIComponent(next)}`}>Sign up</a>
      </p>
    </Shell>
  );
});
