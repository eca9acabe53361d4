/** Cursors: the next page begins after the last record that was scanned. */
import { badRequest } from '@fairseat/common/errors';
import type { Stored } from '@fairseat/common/ports';

/** The creation time and id of a record. Pages go newest first, so older records follow this place. */
export type Place = [createdAt: string, id: string];

/** The place of the first page: newer than every record. */
export const END: Place = ['~', ''];

export const cursorBehind = ({ createdAt, id }: Stored) =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

/** Parses a cursor. @throws Problem (400) when it is not one of `cursorBehind`. */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return END;
  const text = Buffer.from(cursor, 'base64url').toString();
  const match = /^(\d{4}-\d\d-\d\dT[\d:.]{1,15}Z) ([0-9a-zA-Z_]{1,64})$/.exec(text);
  if (!match) {
    throw badRequest('invalid_cursor', 'Use the nextCursor of the page before.', 'cursor');
  }
  return [match[1] as string, match[2] as string];
}
