import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../process/config.ts';

/** The value of `Strict-Transport-Security`; undefined where browsers do not come by HTTPS. */
export function strictTransport({ publicOrigin, hstsSubdomains }: Config): string | undefined {
  if (!publicOrigin?.startsWith('https:')) return undefined;
  return `max-age=31536000${hstsSubdomains ? '; includeSubDomains' : ''}`;
}

/** Returns a function that sets the headers of every API answer. */
export function commonHeaders(config: Config) {
  const transport = strictTransport(config);
  const headers = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(transport && { 'strict-transport-security': transport }),
  };
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(headers).header('x-request-id', request.id);
  };
}
