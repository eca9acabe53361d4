/**
 * What was typed into a form that was not taken, since the session had ended or the page was older than the build. A
 * cookie keeps it for the page, which shows it again; the address names the cookie, so that no other visit sees it.
 */
import { randomUUID } from 'node:crypto';
import { currentVisit } from './visit.ts';

export type Draft = Record<string, string>;

export const PREFIX = 'draft-';
const KEPT_SECONDS = 3600;
/** Twice as many characters as any field may have. A cookie has room for two such fields in any script. */
const MAX_LENGTH = 400;

/** @param path the page of the form. */
export function makeDraft(path: string, values: Draft) {
  const key = randomUUID().slice(0, 8);
  const page = new URL(path, 'http://fairseat');
  page.searchParams.set('draft', key);
  const short = Object.entries(values).map(([name, value]) => [name, value.slice(0, MAX_LENGTH)]);
  return {
    /** The page with the draft. */
    path: page.pathname + page.search,
    cookie: {
      name: PREFIX + key,
      value: Buffer.from(JSON.stringify(Object.fromEntries(short))).toString('base64url'),
      path: page.pathname,
      maxAge: KEPT_SECONDS,
      httpOnly: true,
      sameSite: 'lax' as const,
      secure: currentVisit().isSecure,
    },
  };
}

/** Anybody can write cookies into their browser, so anything is read. */
export function readDraft(value = ''): Draft | undefined {
  try {
    const draft: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    const entries = Object.entries(draft ?? {}).map(([name, text]) => [name, String(text)]);
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}
