/** Bugs of what one buyer may hold. */
import type { Mutant } from './mutant.ts';

const holds = 'services/orders/holds.ts';
const order = 'services/orders/order.ts';
const TOO_MANY = 'a buyer has no more unpaid orders than places';
const TOO_EARLY = 'a ticket is left to others for a while';

export const ofHolds: Mutant[] = [
  {
    name: 'place-is-never-let-go',
    shows: [62],
    breaks: 'an order keeps the place of its buyer when it is paid or has ended',
    file: order,
    find: `(isUnpaid(order) && place !== undefined ?`,
    replace: `(place !== undefined ?`,
    rules: ['an answer is true: too_many_holds'],
  },
  {
    name: 'no-key-on-the-place',
    shows: [62],
    breaks: 'places are numbered, but two orders may have the same one',
    file: order,
    find: `[placeOf(order, place)]`,
    replace: `[placeOf({ userId: order.id }, place)]`,
    rules: [TOO_MANY],
  },
  {
    name: 'place-is-let-go-with-the-lock',
    shows: [62],
    breaks: 'an order lets its place go as soon as it has its ticket',
    file: order,
    find: `(isUnpaid(order) && place !== undefined ?`,
    replace: `(order.status === 'created' && place !== undefined ?`,
    rules: [TOO_MANY],
  },
  {
    name: 'places-of-all-buyers-together',
    shows: 'guard',
    breaks: 'the places are those of all buyers together',
    file: order,
    find: `place: number) => \`\${userId}/\${place}\``,
    replace: `place: number) => \`\${userId && place}\``,
    rules: ['an answer is true: too_many_holds', 'no unexpected error', 'an answer is true'],
  },
  {
    name: 'pause-is-not-kept',
    shows: [62],
    breaks: 'a buyer holds a ticket again at once that they held without paying',
    file: holds,
    find: `if (waitMs <= 0) return next;`,
    replace: `if (waitMs <= pauseSeconds * 1000) return next;`,
    rules: [TOO_EARLY],
  },
  {
    name: 'pause-does-not-grow',
    shows: [62],
    breaks: 'the pause is the same however often a ticket was held without paying',
    file: holds,
    find: `holdPauses[Math.min(next, holdPauses.length) - 1]`,
    replace: `holdPauses[0]`,
    rules: [TOO_EARLY],
  },
  {
    name: 'hold-is-forgotten-at-its-end',
    shows: [62],
    breaks: 'an order that ended unpaid is not in the way of the next',
    file: order,
    find: `(isCounted && hold`,
    replace: `(isUnpaid(order) && hold`,
    rules: [TOO_EARLY],
  },
  {
    name: 'time-that-is-over-does-not-count',
    shows: 'guard',
    breaks: 'only buyers who cancel wait before they hold the ticket again',
    file: order,
    find: `cancelled('expired', now)`,
    replace: `cancelled('expired')`,
    rules: ['what ends unpaid is noted'],
  },
];
