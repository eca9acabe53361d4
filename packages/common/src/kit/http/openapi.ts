import swagger, { type SwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { Config } from '../process/config.ts';
import type { App } from './app.ts';
import { anyRefusal, commonRefusals, described } from './promises.ts';
import { shared, sharedIn } from './shared-schemas.ts';
import { sessionCookie } from './signed-in.ts';

/** The documentation page needs its own scripts and styles, and nothing from another host. */
const DOCS_CSP =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** As the pages of the product look. */
const LOOK = `
html, html.dark-mode, html.dark-mode .swagger-ui { background: #e4e8ec; }
html.dark-mode, html.dark-mode .swagger-ui { background: #141418; }
.swagger-ui, .swagger-ui .info .title, .swagger-ui .opblock-tag, .swagger-ui .info p {
  font-family: "Franklin Gothic Medium", "Helvetica Neue", Arial, sans-serif;
}
html .swagger-ui .scheme-container, html.dark-mode .swagger-ui .scheme-container { background: none; box-shadow: none; }
.swagger-ui .info a { color: inherit; text-decoration: underline; }
`;

const FOLLOWS_THE_LIGHT = {
  filename: 'fairseat.js',
  content: `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();`,
};

interface Documented {
  paths: object;
  components: object;
}

/** Documents, at `/docs` and `/api/openapi.json`, the routes that are added from then on. */
export async function addDocumentation(app: App, config: Config) {
  await serveDocumentation(app, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fairseat',
        version: '1',
        license: { name: 'MIT', identifier: 'MIT' },
        description:
          'List tickets, hold one, pay for it while nobody else can. Errors are RFC 9457 problem documents. ' +
          'A path that exists with other methods answers 405 with `Allow`, and OPTIONS with the same header. ' +
          'To try it here, sign up below: the cookie goes with every request from then on. ' +
          'This document as JSON: [/api/openapi.json](/api/openapi.json). ' +
          'What the services tell each other: [event types](/docs/event-types).',
      },
      servers: [{ url: config.publicOrigin ?? '/', description: 'This marketplace.' }],
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie(config).name },
          key: { type: 'http', scheme: 'bearer', description: 'A key that an operator has made.' },
        },
      },
    },
    transform: (documented) => {
      const { route, schema: own } = documented;
      if (!own || own.hide) return jsonSchemaTransform(documented);
      const answers = { ...commonRefusals(route), ...(own.response as object), ...anyRefusal };
      const asked = { ...documented, schema: { ...own, response: answers } };
      const { schema, url } = jsonSchemaTransform(asked);
      const response = shared(described(schema.response as Record<string, object>, route));
      const usual = route.onRequest === undefined ? [] : [{ session: [] }];
      const security = route.config?.security ?? usual;
      return { schema: { ...schema, response, security }, url };
    },
    transformObject(documented) {
      const { openapiObject: document } = documented as { openapiObject: Documented };
      const schemas = sharedIn(document.paths);
      return { ...document, components: { ...document.components, schemas } } as never;
    },
  });
}

/** Serves a document at `/docs` and `/api/openapi.json`. */
export async function serveDocumentation(app: App, options: SwaggerOptions) {
  await app.register(swagger, options);
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: () => DOCS_CSP,
    theme: {
      title: 'Fairseat API',
      css: [{ filename: 'fairseat.css', content: LOOK }],
      js: [FOLLOWS_THE_LIGHT],
    },
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
  });
}
