/** What the app answers in every route's place, and the headers of all answers, for the OpenAPI document. */
import type { RouteOptions } from 'fastify';
import { responses } from '../../contracts/problem.ts';

const text = (description: string) => ({ type: 'string', description });
const seconds = { type: 'integer', description: 'Seconds until it is worth another try.' };

/** The headers of answers by their names, beside those that every HTTP message or page has. */
const HEADERS = {
  Allow: text('The methods that may be used here.'),
  'Accept-Encoding': text('`identity`, where the body came encoded.'),
  'Clear-Site-Data': text('What the browser is to forget.'),
  ETag: text('The version of the record, for `If-Match`.'),
  Link: text('The next page, `rel="next"`, where there is one.'),
  Location: text('The path of the record that was made.'),
  'Preference-Applied': text('How long the answer waited at most, if it was asked to.'),
  'Retry-After': seconds,
  'Set-Cookie': text('The session, and the device that is known from then on.'),
  'WWW-Authenticate': text('What is missing: a session cookie, or a key.'),
  'X-Request-Id': text('The id of the request in the log.'),
};
type HeaderName = keyof typeof HEADERS;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The headers of its success that only this route has. */
    answers?: readonly HeaderName[];
    /** For a route that asks for a session by itself, if at all: as OpenAPI has it. */
    security?: Record<string, string[]>[];
  }
}

const OF_STATUS: Record<number, readonly HeaderName[]> = {
  201: ['Location'],
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  409: ['Retry-After'],
  415: ['Accept-Encoding'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

const named = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, HEADERS[name]]));

/** The refusals that may come before a route is asked, each with its problem document. */
export function commonRefusals({ method, config }: RouteOptions) {
  const changes = [method].flat().some((each) => each !== 'GET' && each !== 'HEAD');
  const ofChanges = changes ? [413, ...(config?.webhook ? [] : [403])] : [];
  return responses({}, 400, 415, 503, ...ofChanges);
}

/** What may come in any route's place and says nothing about it: 405, 408, 431, 500. */
export const anyRefusal = responses({}, 'default');

const SUCCESS: Record<string, string> = {
  200: 'Done: the answer as it stands now.',
  201: 'Made: the record as it stands now.',
  204: 'Done; there is nothing to say.',
};

interface Answer {
  description?: string;
  type?: string;
  properties?: object;
  content?: object;
}

/** Describes each of a route's answers, which are JSON Schemas by now, and names its headers. */
export function described(response: Record<string, Answer>, { config }: RouteOptions) {
  const entries = Object.entries(response).map(([status, answer]) => {
    const isSuccess = status.startsWith('2');
    const isPage = answer.properties && 'nextCursor' in answer.properties;
    const headers = named([
      // Before there is a request, there is no id of it.
      ...(status === 'default' ? [] : (['X-Request-Id'] as const)),
      ...(OF_STATUS[Number(status)] ?? []),
      ...(isSuccess ? (config?.answers ?? []) : []),
      ...(isSuccess && isPage ? (['Link'] as const) : []),
    ]);
    const isWhole = answer.content !== undefined || answer.type === 'null';
    const whole = isWhole ? answer : { content: { 'application/json': { schema: answer } } };
    return [status, { description: SUCCESS[status], ...whole, headers }] as const;
  });
  return Object.fromEntries(entries);
}
