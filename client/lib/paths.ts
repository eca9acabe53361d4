/** The sign-in page, which redirects to `next` afterwards. */
export const signInPath = (next: string) => `/auth/signin?next=${encodeURIComponent(next)}`;

/** Goes on to `next` once the browser has taken the cookie of the new session. */
export const arrivedPath = (next: string) => `/auth/arrived?next=${encodeURIComponent(next)}`;

/** The path to go to after signing in: always on this site, whatever the address asks for. */
export function safePath(next: unknown): string {
  const url = typeof next === 'string' ? URL.parse(next, 'http://fairseat') : null;
  // The origin of a `blob:` URL is that of the URL inside it.
  if (url?.origin !== 'http://fairseat' || url.protocol !== 'http:') return '/';
  // A path that begins with two slashes would name another site.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

/** The address of the page, also where Next.js requests an update of it. */
export function pathOf(url = '/'): string {
  const page = new URL(safePath(url), 'http://fairseat');
  page.searchParams.delete('_rsc');
  return page.pathname + page.search;
}
