/** The address of the page that asks to sign in and then leads on. */
export const signInPath = (next: string) => `/auth/signin?next=${encodeURIComponent(next)}`;

/** Where to go on after signing in: a page of ours, whatever the address asked for. */
export function safePath(next: unknown): string {
  const url = typeof next === 'string' ? URL.parse(next, 'http://fairseat') : null;
  // The origin of a `blob:` is that of what follows.
  if (url?.origin !== 'http://fairseat' || url.protocol !== 'http:') return '/';
  // A path that begins with two slashes would name another site.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

/** The address of the page, also where an update of it is asked for. */
export function pathOf(url = '/'): string {
  const page = new URL(safePath(url), 'http://fairseat');
  page.searchParams.delete('_rsc');
  return page.pathname + page.search;
}
