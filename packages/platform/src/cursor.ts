/** How a page says where the next begins: behind the last record that was looked at. */
import { badRequest } from '@fairseat/common/errors';
import type { Stored } from '@fairseat/common/ports';

/** Creation time and id: of records made before this place comes the rest. */
export type Place = [createdAt: string, id: string];

/** After everything that can be: where the first page begins. */
export const END: Place = ['~', ''];

export const cursorBehind = ({ createdAt, id }: Stored) =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

/** @throws Problem (400) when it was not given out by `cursorBehind`. */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return END;
  const text = Buffer.from(cursor, 'base64url').toString();
  const match = /^(\d{4}-\d\d-\d\dT[\d:.]{1,15}Z) ([0-9a-zA-Z_]{1,64})$/.exec(text);
  if (!match) {
    throw badRequest('invalid_cursor', 'Use the nextCursor of the page before.', 'cursor');
  }
  return [match[1] as string, match[2] as string];
}
