import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../process/config.ts';

/** Returns a function that sets the headers of every API answer. */
export function commonHeaders(config: Config) {
  const headers = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(config.publicOrigin?.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000',
    }),
  };
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(headers).header('x-request-id', request.id);
  };
}
