import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, type Problem } from '../../errors.ts';
import type { Config } from '../process/config.ts';

/** The refusal of HTTP/1.1 without a host (400), and of changes by another site (403) unless the route is a webhook. */
export function refusalOf(request: FastifyRequest, config: Config): Problem | undefined {
  const { raw } = request;
  // A request without a host may be meant to slip past a proxy.
  if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
    return badRequest('malformed_http', 'The Host header is missing.');
  }
  const changes = raw.method !== 'GET' && raw.method !== 'HEAD' && raw.method !== 'OPTIONS';
  if (changes && isFromElsewhere(request, config) && !request.routeOptions.config.webhook) {
    return forbidden('other_origin', 'This request came from another site.');
  }
  return undefined;
}

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
