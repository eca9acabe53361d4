/** Checks of every refusal, whatever its cause. */
import { problemSchema } from '@fairseat/common/contracts/problem';
import type { Reply } from './marketplace.ts';

const problem = problemSchema.strict();
/** Stacks, files and the names of libraries are of no use to a client, except for an attack. */
const internals =
  /\bat [^"]+:\d+|node_modules|\.[cm]?[jt]s\b|sqlite|fastify|\bzod\b|FST_|SQL|undefined|\[object/i;

/** The faults of a refusal: none if it is a problem document of the expected status that reveals no internals. */
export function faultsOf(
  { status, headers, body }: Pick<Reply<unknown>, 'status' | 'headers' | 'body'>,
  expected = status,
): string[] {
  const text = JSON.stringify(body);
  const { data, error } = problem.safeParse(body);
  const faults = {
    [`status ${status} instead of ${expected}: ${text}`]: status !== expected,
    [`content type ${headers['content-type']}`]: !String(headers['content-type']).startsWith(
      'application/problem+json',
    ),
    [`not a problem document: ${error?.message} ${text}`]: data === undefined,
    [`another status in the body: ${text}`]: data?.status !== status,
    [`says nothing: ${text}`]: !data?.detail || !data.errors[0]?.message || !data.title,
    [`type and code differ: ${text}`]: data?.type !== `urn:fairseat:problem:${data?.code}`,
    [`instance is not the id of the request: ${text}`]:
      headers['x-request-id'] !== undefined && data?.instance !== headers['x-request-id'],
    [`gives away what is inside: ${text}`]: internals.test(text),
  };
  return Object.keys(faults).filter((fault) => faults[fault]);
}
