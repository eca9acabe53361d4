/** People who buy without pause while versions come and go. */
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { expect } from 'vitest';
import { Load } from '../faults/load.ts';

const AT_ONCE = 3;
const SOLD_EACH_TIME = 3;
const WITHIN_MS = 120_000;

/** A ticket as a next version answers it. */
type Announced = TicketRecord & { doors?: string };

/** Takes each step, and goes on to the next once tickets are sold and everybody's orders are answered. */
export async function trade(url: string, steps: (() => Promise<unknown>)[]): Promise<Load> {
  const load = await Load.at(url);
  load.beginInTurn(AT_ONCE);
  try {
    for (const step of steps) {
      await step();
      for (let count = 0; count < SOLD_EACH_TIME; count++) {
        expect(await load.soldSince(Date.now(), WITHIN_MS)).toBeDefined();
      }
      await answersTo(load, '/api/orders?limit=100');
    }
  } finally {
    await load.end();
  }
  return load;
}

/** The tickets as their sellers see them now. That none is missing is added to what must be true in the end. */
export async function listed(load: Load): Promise<Announced[]> {
  const pages = await answersTo<{ tickets: Announced[] }>(load, '/api/tickets?mine=true&limit=100');
  const tickets = pages.flatMap((page) => page.tickets);
  load.promised.push((stored) => {
    const missing = stored.tickets.length - tickets.length;
    return missing === 0 ? undefined : `${missing} tickets are not among those of their sellers`;
  });
  return tickets;
}

const answersTo = <T>({ people }: Load, path: string) =>
  Promise.all(
    people.map(async (person) => (await person.get<T>(path, Date.now() + WITHIN_MS)).body),
  );

/** The tickets whose announcement was handled, by what processes of a next version have printed; in order. */
export const announcedIn = (printed: string): string[] => [
  ...new Set([...printed.matchAll(/^announced (\S+)$/gm)].map(([, id]) => id as string).toSorted()),
];
