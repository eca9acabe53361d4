/** Forms of pages that an older build has rendered, as browsers without scripts send them. */
import { readFileSync } from 'node:fs';
import { IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { stringifySetCookie } from 'cookie';
import { makeDraft } from './draft-cookie.ts';
import { typedIn } from './form-state.ts';
import { pathOf } from './paths.ts';

/** Far more than any of the forms has. */
const MAX_BYTES = 65_536;
/** Begins the names of the fields by which a form says which action it is for. */
const MARK = '$ACTION_';

/** The ids of the actions of this build. @param build the folder of Next.js. */
export function knownActions(build: string): string[] {
  const path = join(build, 'server/server-reference-manifest.json');
  return Object.keys(JSON.parse(readFileSync(path, 'utf8')).node);
}

/**
 * Next.js would answer an action that it does not know with a line of plain text. It is answered with the page as it is
 * now, and what was typed. Returns the request to pass on, or undefined if it was answered.
 */
export async function withoutOldForms(
  request: IncomingMessage,
  response: ServerResponse,
  known: string[],
): Promise<IncomingMessage | undefined> {
  const { headers, method, url, httpVersion } = request;
  const type = headers['content-type'] ?? '';
  const isForm = method === 'POST' && type.startsWith('multipart/form-data');
  if (!isForm || headers['next-action'] !== undefined) return request;
  if (!(Number(headers['content-length']) <= MAX_BYTES)) return request;
  const body = await buffer(request);
  const text = body.toString('latin1');
  if (!text.includes(MARK) || known.some((id) => text.includes(id))) {
    const again = new IncomingMessage(request.socket);
    Object.assign(again, { headers, method, url, httpVersion, complete: true });
    again.push(body);
    again.push(null);
    return again;
  }
  const form = await new Response(body, { headers: { 'content-type': type } }).formData();
  const { path, cookie } = makeDraft(pathOf(url), typedIn(form));
  response.writeHead(303, { location: path, 'set-cookie': stringifySetCookie(cookie) }).end();
  return undefined;
}
