import { redirect } from 'next/navigation';
import { getUser } from '../../../lib/api.ts';
import { safePath, signInPath } from '../../../lib/paths.ts';
import { currentVisit } from '../../../lib/visit.ts';

/**
 * Where browsers go after signing in or up. One that has refused the session's cookie is told so, since to be asked to
 * sign in again and again says nothing.
 */
export async function GET({ url }: Request) {
  // With scripts Next.js asks ahead for the page, with the cookies that the browser has yet to take. It comes itself then.
  if (currentVisit().request.headers['rsc'] !== undefined) return new Response(null);
  const next = safePath(new URL(url).searchParams.get('next'));
  // Where nobody can say who came, the page itself will.
  const user = await getUser().catch(() => undefined);
  redirect(user === null ? `${signInPath(next)}&cookie=refused` : next);
}
