import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { badRequest, Problem } from '../../errors.ts';

/** The id a new record will get. With an `Idempotency-Key` it follows from user, route and key. */
export interface RequestIdentity {
  id: string;
  /** The SHA-256 of the body, kept in the record; null without a key. */
  requestHash: string | null;
}

const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Reads the `Idempotency-Key`. @throws Problem (400) when it is not 1 to 255 printable ASCII characters. */
export function identify(
  request: FastifyRequest,
  userId: string,
  newId: () => string,
): RequestIdentity {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return { id: newId(), requestHash: null };
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw badRequest(
      'invalid_idempotency_key',
      'The Idempotency-Key must have 1 to 255 printable ASCII characters.',
    );
  }
  const id = sha256([userId, request.routeOptions.url, key]).slice(0, 32);
  return { id, requestHash: sha256(request.body) };
}

/**
 * Creates a record unless the same request has created it before: then returns that record as it is now.
 * A refused request leaves no record, so its key may be used again.
 * @throws Problem (422) when the key was used with another body; whatever `create` throws.
 */
export async function once<S extends { requestHash: string | null }>(
  identity: RequestIdentity,
  find: () => Promise<S | undefined>,
  create: () => Promise<S>,
): Promise<S> {
  if (identity.requestHash === null) return create();
  const before = await find();
  if (before) return sameRequest(before, identity);
  try {
    return await create();
  } catch (error) {
    // The record in the way may be of the same request, sent twice at once.
    const meanwhile = await find();
    if (meanwhile) return sameRequest(meanwhile, identity);
    throw error;
  }
}

function sameRequest<S extends { requestHash: string | null }>(
  record: S,
  identity: RequestIdentity,
) {
  if (record.requestHash === identity.requestHash) return record;
  throw new Problem(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used with another body. Use a new key for a new request.',
  );
}
