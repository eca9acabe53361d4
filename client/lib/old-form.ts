/** Forms of pages that an older build has rendered, as browsers without scripts send them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDraft } from './draft-cookie.ts';
import { typedIn } from './form-state.ts';
import { pathOf } from './paths.ts';
import type { Visit } from './visit.ts';

/** How a form says which action it is for: in the name of a field, or in one with what the page has bound to it. */
const ACTION = /(?:\$ACTION_ID_|"id":")([0-9a-f]{40,})/;

/** The ids of the actions of this build. @param build the folder of Next.js. */
export function knownActions(build: string): string[] {
  const path = join(build, 'server/server-reference-manifest.json');
  return Object.keys(JSON.parse(readFileSync(path, 'utf8')).node);
}

/**
 * What was typed into a form whose action is not of this build, and the path to fill it in again, or undefined for any
 * other request. Next.js would answer with a line of plain text.
 */
export async function draftOfOldForm(
  { request: { headers, method, url } }: Visit,
  body: Buffer,
  known: string[],
): Promise<ReturnType<typeof makeDraft> | undefined> {
  const type = headers['content-type'] ?? '';
  const isForm = method === 'POST' && type.startsWith('multipart/form-data');
  if (!isForm || headers['next-action'] !== undefined) return undefined;
  const [, id] = ACTION.exec(body.toString('latin1')) ?? [];
  if (id === undefined || known.includes(id)) return undefined;
  const sent = new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } });
  // One that cannot be read is refused like any other.
  const form = await sent.formData().catch(() => undefined);
  return form && makeDraft(pathOf(url), typedIn(form));
}
