import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, Problem } from '../../errors.ts';
import type { Config } from '../process/config.ts';

/**
 * The refusal of a request without a host (400 in HTTP/1.1) or with several (400), with an encoded body (415), or of a
 * change by another site (403) unless the route is a webhook.
 */
export function refusalOf(request: FastifyRequest, config: Config): Problem | undefined {
  const { raw } = request;
  // A request without a host, or with two, may be meant to slip past a proxy.
  if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
    return badRequest('malformed_http', 'The Host header is missing.');
  }
  const isHost = (text: string, index: number) => index % 2 === 0 && /^host$/i.test(text);
  if (raw.rawHeaders.filter(isHost).length > 1) {
    return badRequest('malformed_http', 'There is more than one Host header.');
  }
  if (!/^\s*(identity)?\s*$/i.test(raw.headers['content-encoding'] ?? '')) return encodedBody();
  const changes = raw.method !== 'GET' && raw.method !== 'HEAD' && raw.method !== 'OPTIONS';
  if (changes && isFromElsewhere(request, config) && !request.routeOptions.config.webhook) {
    return forbidden('other_origin', 'This request came from another site.');
  }
  return undefined;
}

const encodedBody = () =>
  new Problem(415, 'encoded_body', 'Send the body as it is, without a Content-Encoding.', {
    headers: { 'accept-encoding': 'identity' },
  });

/** Other sites must not act with the visitor's cookie. Programs that are no browser send neither header. */
function isFromElsewhere(request: FastifyRequest, config: Config): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return !isOwnOrigin(origin, request, config);
  return site !== undefined && site !== 'same-origin';
}

function isOwnOrigin(origin: string, request: FastifyRequest, config: Config) {
  if (config.publicOrigin) return origin === config.publicOrigin;
  const port = request.socket.localPort;
  return ['127.0.0.1', 'localhost', '[::1]', config.host].some(
    // Browsers leave out port 80.
    (name) => origin === `http://${name}:${port}`.replace(/:80$/, ''),
  );
}
