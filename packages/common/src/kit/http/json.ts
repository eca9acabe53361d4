import type { FastifyInstance, FastifyRequest } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodType } from 'zod';
import { badRequest } from '../../errors.ts';
import { asSaved, openSchema } from '../../open-schema.ts';

/** Makes all bodies and answers JSON, checked by the schemas of the routes. */
export function speakJson(app: FastifyInstance) {
  app.setValidatorCompiler(validatorCompiler);
  // Answers are parsed, not encoded, so that a record saved before a field was added gets that field's default. One that
  // a newer release saved is answered as well.
  app.setSerializerCompiler(({ schema }) => {
    const answer = openSchema(schema as ZodType, asSaved);
    return (data) => JSON.stringify(answer.parse(data));
  });
  acceptJsonOnly(app);
}

/**
 * Bodies are JSON in well-formed UTF-8; keys that could reach a prototype are refused. A webhook gets its body as
 * received, since the signature is of its bytes.
 */
function acceptJsonOnly(app: FastifyInstance) {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.webhook) {
      done(null, body);
      return;
    }
    // Some clients always name the type, also where they send no body.
    if (body.length === 0 && mayLackBody(request)) {
      done(null, undefined);
      return;
    }
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      done(badRequest('invalid_utf8', 'The body is not valid UTF-8.'), undefined);
      return;
    }
    void parseJson(request, text, done);
  });
}

function mayLackBody({ routeOptions }: FastifyRequest): boolean {
  const schema = routeOptions.schema?.body as ZodType | undefined;
  return schema === undefined || schema.safeParse(undefined).success;
}
