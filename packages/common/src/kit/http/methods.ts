import type { FastifyInstance } from 'fastify';
import { Problem } from '../../errors.ts';

/** Answers a path that exists under other methods: OPTIONS with them (204), any other with 405; `Allow` names them. */
export function answerOtherMethods(app: FastifyInstance) {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = pathOf(request.url);
    const methods = routes.filter(({ pattern }) => pattern.test(path)).map((r) => r.methods);
    if (methods.length === 0) return done();
    const allow = [...new Set([...methods.flat(), 'OPTIONS'])].sort().join(', ');
    if (request.method === 'OPTIONS') return void reply.code(204).header('allow', allow).send();
    done(methodNotAllowed(request.method, allow));
  });
}

const methodNotAllowed = (method: string, allow: string) =>
  new Problem(405, 'method_not_allowed', `${method} cannot be used here. Use one of: ${allow}.`, {
    headers: { allow },
  });

/** `/api/tickets/:id` and `/docs/*` as patterns of paths. */
function patternOf(url: string): RegExp {
  const source = url
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`);
}

/** The path as the routes compare it, which they could decode, or the request would not have come so far. */
function pathOf(url: string): string {
  const [path = ''] = url.split(/[?#]/);
  return decodeURI(path);
}
