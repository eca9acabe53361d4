import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';
import { noSuchPage, Problem, Unavailable, VersionConflict } from '../../errors.ts';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Answers any error with a problem document. An unexpected one is a 500 whose `instance` finds it in the logs. */
export function replyWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = asProblem(error, request);
  if (problem.status === 500) request.log.error({ err: error }, 'unexpected');
  else if (problem.status === 503) request.log.warn({ err: error }, 'unavailable');
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  return reply
    .headers(problem.headers)
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(problem.toDocument(request.id));
}

function asProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable || error instanceof VersionConflict) {
    return new Problem(
      503,
      'unavailable',
      'This cannot be done right now. Try again in a moment.',
      {
        retryAfterSeconds: 1,
      },
    );
  }
  const failure = error as FastifyError;
  if (failure.validation) return invalidRequest(failure);
  if (failure.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(request);
  const known = fastifyProblems[failure.code];
  if (known) return new Problem(...known);
  if (failure.statusCode !== undefined && failure.statusCode >= 400 && failure.statusCode < 500) {
    return new Problem(failure.statusCode, 'bad_request', failure.message);
  }
  return new Problem(
    500,
    'internal_error',
    'Something went wrong on our side. Tell us the instance id if it happens again.',
  );
}

const fastifyProblems: Record<string, [number, string, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'unsupported_media_type',
    'Send the body as JSON, with the header Content-Type: application/json.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'empty_body', 'The body is empty. Send a JSON object.'],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    400,
    'invalid_json',
    'The body is not valid JSON, or has a key that is never allowed, such as __proto__.',
  ],
};

function bodyTooLarge({ routeOptions }: FastifyRequest): Problem {
  const limit = `${routeOptions.bodyLimit / 1024} KiB`;
  return new Problem(413, 'body_too_large', `The body may have at most ${limit}.`);
}

function invalidRequest(error: FastifyError): Problem {
  if (error.validationContext === 'params') return noSuchPage();
  const items = (error.validation as unknown as ZodFastifySchemaValidationError[]).map((issue) => {
    const field = issue.instancePath.split('/').filter(Boolean).join('.');
    return { message: issue.message ?? 'Invalid', ...(field && { field }) };
  });
  // One error a field: the first is enough to correct it, and often causes the others.
  const errors = items.filter(
    ({ field }, index) => items.findIndex((item) => item.field === field) === index,
  );
  const detail = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  return new Problem(400, 'invalid_request', detail.join(' '), { errors });
}

/** The whole HTTP answer to what never becomes a request: broken HTTP, oversized headers, a client too slow. */
export function rawProblem(code: string | undefined): string {
  const problem =
    code === 'HPE_HEADER_OVERFLOW'
      ? new Problem(431, 'headers_too_large', 'The headers may have at most 16 KiB.')
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new Problem(408, 'request_timeout', 'The request took too long to arrive.')
        : new Problem(400, 'malformed_http', 'This is not a well-formed HTTP request.');
  const document = problem.toDocument('');
  const body = JSON.stringify(document);
  return [
    `HTTP/1.1 ${problem.status} ${document.title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
