/** Conditional requests (RFC 9110): the `ETag` of a record is its version. */
import type { FastifyReply } from 'fastify';
import { badRequest } from '../../errors.ts';

/** The `ETag` of a version: `"7"`. */
const etagOf = (version: number) => `"${version}"`;

/** Answers with the record, and its `ETag` beside it. */
export function withEtag<R extends { version: number }>(record: R, reply: FastifyReply): R {
  reply.header('etag', etagOf(record.version));
  return record;
}

const TAGS = /^\s*(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*\s*$/;

/**
 * Reads `If-Match`. Returns a function that tells whether a version is one of those named; without the header each is.
 * A proxy that compresses answers makes a tag weak, which changes nothing here: versions are not of bytes.
 * @throws Problem (400) when it is no list of tags.
 */
export function versionsIn(ifMatch: string | undefined): (version: number) => boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return () => true;
  if (!TAGS.test(ifMatch)) {
    throw badRequest('invalid_if_match', 'Send If-Match as the ETag of the record: If-Match: "7".');
  }
  const tags: string[] = ifMatch.match(/"[^"]*"/g) ?? [];
  return (version) => tags.includes(etagOf(version));
}
