/** The sign-in page, which redirects to `next` afterwards. */
export const signInPath = (next: string) => `/auth/signin?next=${encodeURIComponent(next)}`;

/** Goes on to `next` by loading it: after signing in, once the browser has taken the cookie of the new session. */
export const arrivedPath = (next: string) => `/auth/arrived?next=${encodeURIComponent(next)}`;

/** The path to go to after signing in: always on this site, whatever the address asks for. */
export function safePath(next: unknown): string {
  const url = typeof next === 'string' ? URL.parse(next, 'http://fairseat') : null;
  // The origin of a `blob:` URL is that of the URL inside it.
  if (url?.origin !== 'http://fairseat' || url.protocol !== 'http:') return '/';
  // A path that begins with two slashes would name another site.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

/** The page of a buyer's bank, unless it is at an address that nobody should be sent to. */
export function bankPage(address: string): string | undefined {
  const url = URL.parse(address);
  const isHere = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere) ? url.href : undefined;
}

/** The address of the page, also where Next.js requests an update of it. */
export function pathOf(url = '/'): string {
  const page = new URL(safePath(url), 'http://fairseat');
  page.searchParams.delete('_rsc');
  return page.pathname + page.search;
}
