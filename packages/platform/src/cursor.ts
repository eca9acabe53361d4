/** Where a page ends: the age and id of its last record, as text that means nothing to who gets it. */
import { badRequest } from '@fairseat/common/errors';
import type { Stored } from '@fairseat/common/ports';

/** After everything that can be: where the first page begins. */
export const LAST: [created: string, id: string] = ['~', ''];

export const toCursor = ({ createdAt, id }: Stored) =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

/** @throws Problem (400) when it is malformed. */
export function parseCursor(cursor: string): [created: string, id: string] {
  const text = Buffer.from(cursor, 'base64url').toString();
  const match = /^(\d{4}-\d\d-\d\dT[\d:.]{1,15}Z) ([0-9a-zA-Z_]{1,64})$/.exec(text);
  if (!match) {
    throw badRequest('invalid_cursor', 'Use the nextCursor of the page before.', 'cursor');
  }
  return [match[1] as string, match[2] as string];
}
