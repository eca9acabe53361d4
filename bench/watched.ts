/**
 * The marketplace with a watcher of its own, which notes how late each lock was let go: the time is taken when
 * `ticket.released` has been saved. When locks are due is set by messages.
 */
import { createPasswords } from '@fairseat/auth';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';

/** Orders end after so long, or, when `dueAt` is given, at a random moment of the `spreadMs` that follow it. */
export type Due = { afterMs: number } | { dueAt: number; spreadMs: number };
export type Question = { due: Due } | 'released?' | 'forget';
export interface Released {
  latenessMs: number[];
  lastAt: number;
}

let due: Due = { afterMs: 900_000 };
const config = {
  ...readConfig(),
  get orderExpirationSeconds() {
    if ('afterMs' in due) return due.afterMs / 1000;
    return (due.dueAt + Math.random() * due.spreadMs - Date.now()) / 1000;
  },
};
const platform = openEmbedded({ dataDir: config.dataDir, rateLimits: false });
const marketplace = await createMarketplace({
  platform,
  config,
  log: createLog(config.logLevel),
  sessionKey: await createSessionKey(),
  passwords: await createPasswords(),
});

const expiresAt = new Map<string, number>();
let released: Released = { latenessMs: [], lastAt: 0 };
platform.bus.watch(({ type, subject, data }) => {
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
  await marketplace.stop();
  process.exit(0);
});

await marketplace.start();
console.log(await marketplace.app.listen({ host: config.host, port: config.port }));
