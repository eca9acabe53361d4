/** Drafts, where Next.js renders pages and runs actions. */
import { cookies } from 'next/headers';
import { type Draft, makeDraft, PREFIX, readDraft } from './draft-cookie.ts';
import { currentVisit } from './visit.ts';

/** Of one page, so that many drafts never make a request too large. */
const MAX_DRAFTS = 3;

/** Keeps the values in the browser. Returns the path of the page with them. */
export async function keepDraft(page: string, values: Draft): Promise<string> {
  const jar = await cookies();
  const { path, cookie } = makeDraft(page, values);
  const others = jar.getAll().filter(({ name }) => name.startsWith(PREFIX));
  for (const { name } of others.slice(0, 1 - MAX_DRAFTS)) {
    jar.set({ name, value: '', path: cookie.path, maxAge: 0 });
  }
  jar.set(cookie);
  return path;
}

/** The draft that the address names, if any. */
export async function askedDraft(): Promise<Draft | undefined> {
  const key = askedKey();
  return key === null ? undefined : readDraft((await cookies()).get(PREFIX + key)?.value);
}

/** Whether the page is shown in place of the answer to a form. */
export const isUnsent = () => askedKey() !== null && currentVisit().request.method === 'GET';

/** Called once the form was taken. */
export async function dropDraft() {
  const key = askedKey();
  if (key === null) return;
  const { pathname } = address();
  (await cookies()).set({ name: PREFIX + key, value: '', path: pathname, maxAge: 0 });
}

const askedKey = () => address().searchParams.get('draft');

const address = () => new URL(currentVisit().request.url ?? '/', 'http://fairseat');
