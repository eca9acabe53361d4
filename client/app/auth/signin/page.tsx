import { redirect } from 'next/navigation';
import { Entrance } from '../../../components/entrance.tsx';
import { Shell } from '../../../components/shell.tsx';
import { signIn } from '../../../lib/actions.ts';
import { getUser } from '../../../lib/api.ts';
import { one, type PageProps, page } from '../../../lib/page.tsx';
import { safePath } from '../../../lib/paths.ts';

export default page(async ({ searchParams }: PageProps) => {
  const next = safePath(one(await searchParams, 'next'));
  if ((await getUser()) !== null) redirect(next);
  return (
    <Shell title="Sign in" heading="Sign in" user={null}>
      {next !== '/' && <p className="lead">Sign in to go on where you were.</p>}
      <Entrance action={signIn} next={next} submit="Sign in" pending="Signing in …" />
      <p>
        New here? <a href={`/auth/signup?next=${encodeURIComponent(next)}`}>Sign up</a>
      </p>
    </Shell>
  );
});
