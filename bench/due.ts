/** For servers that receive by message when locks are due, and answer how late each was let go. */
import type { Config } from '@fairseat/common/kit';
import type { Bus } from '@fairseat/common/ports';

/** Orders end after `afterMs`, or at a random moment in the `spreadMs` after `dueAt`. */
export type Due = { afterMs: number } | { dueAt: number; spreadMs: number };
export type Question = { due: Due } | 'released?' | 'forget';
export interface Released {
  latenessMs: number[];
  lastAt: number;
}

let due: Due = { afterMs: 900_000 };

/** The same settings, but the messages decide how long locks last. */
export const dueByMessage = (config: Config): Config => ({
  ...config,
  get orderExpirationSeconds() {
    if ('afterMs' in due) return due.afterMs / 1000;
    return (due.dueAt + Math.random() * due.spreadMs - Date.now()) / 1000;
  },
});

/** Notes when each `ticket.released` has been saved, answers messages, and stops on SIGTERM. */
export function answerFor({ bus }: { bus: Bus }, stop: () => Promise<void>) {
  const expiresAt = new Map<string, number>();
  let released: Released = { latenessMs: [], lastAt: 0 };
  bus.watch(({ type, subject, data }) => {
    if (type === 'order.created') {
      expiresAt.set(data.ticketId, Date.parse(data.expiresAt));
    } else if (type === 'ticket.released') {
      const now = Date.now();
      released.latenessMs.push(now - (expiresAt.get(subject) ?? Number.NaN));
      released.lastAt = now;
    }
  });
  process.on('message', (question: Question) => {
    if (question === 'forget') released = { latenessMs: [], lastAt: 0 };
    else if (question !== 'released?') due = question.due;
    process.send?.(released satisfies Released);
  });
  process.on('SIGTERM', async () => {
    await stop();
    process.exit(0);
  });
}
