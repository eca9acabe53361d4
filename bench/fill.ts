/**
 * Fills a data folder with tickets as if they had been listed one a second, through the platform's own tables and
 * without HTTP: `fill.ts DATA_DIR COUNT IDS_FILE SAMPLE`. Writes SAMPLE of the ids, in random order, to IDS_FILE.
 */
import { writeFileSync } from 'node:fs';
import { type TicketRecord, ticketSchema } from '@fairseat/common/contracts/ticket';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import type { Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { seeded, shuffled } from '@fairseat/common/testing/random';
import { chooseGateway } from '@fairseat/gateways';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';
import { create, evolve, type Ticket } from '../services/tickets/ticket.ts';

const [dataDir = '', countText, idsFile = '', sampleText] = process.argv.slice(2);
const count = Number(countText);
const BATCH = 20_000;
const SELLERS = 1000;
const RARE_WORDS = 1000;

let now = Date.now() - count * 1000;
const clock = {
  now: () => now,
  monotonic: () => performance.now(),
  after(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const config = readConfig({});
const platform = openEmbedded({ dataDir, openGateway: chooseGateway(config), clock });

// The services declare their tables themselves, so that these never differ from the real ones.
const tables = new Map<string, unknown>();
const table = <R extends Stored>(service: string, definition: TableDefinition<R>): Table<R> => {
  const declared = platform.table(service, definition);
  tables.set(`${service} ${definition.name}`, declared);
  return declared;
};
await createMarketplace({
  platform: { ...platform, table },
  config,
  log: createLog('silent'),
  sessionKey: await createSessionKey(),
  passwords: { hash: async () => '', matches: async () => false },
});
const tickets = tables.get('tickets tickets') as Table<Ticket>;
const listings = tables.get('orders listings') as Table<TicketRecord>;

const random = seeded(count);
const below = (limit: number) => Math.floor(random() * limit);
const sellers = Array.from({ length: SELLERS }, () => platform.newId());
const rareWord = () => `w${below(RARE_WORDS).toString(36)}`;

/** Words that many titles share, words that few share, and one that occurs only in the middle of the list. */
function title(index: number): string {
  const words = [rareWord(), rareWord(), 'seat', String(below(100))];
  if (random() < 0.1) words.push('evening');
  if (random() < 0.1) words.push('festival');
  if (Math.abs(index - count / 2) < 2) words.push('halfway');
  return words.join(' ');
}

const ids: string[] = [];

async function insertSome(from: number, to: number) {
  for (let index = from; index < to; index++) {
    now += 1000;
    const [listed] = create({
      id: platform.newId(),
      title: title(index),
      price: 1 + below(100_000),
      userId: sellers[below(SELLERS)] as string,
      createdAt: new Date(now).toISOString(),
      requestHash: null,
    });
    if (listed === undefined) throw new Error('create() returned no fact');
    const ticket = evolve(undefined, listed);
    ids.push(ticket.id);
    await tickets.insert(ticket);
    await listings.insert(ticketSchema.parse(ticket));
  }
}

// An alarm's handler writes one transaction, and few large ones spare the disk most of the work.
const alarms = platform.timers('fill');
alarms.onFire(async (from) => {
  const to = Math.min(count, Number(from) + BATCH);
  await insertSome(Number(from), to);
  if (to < count) await alarms.set(String(to), 0);
});
await alarms.set('0', 0);
await platform.start();
await platform.settled();
await platform.close();
writeFileSync(idsFile, shuffled(ids, seeded(1)).slice(0, Number(sampleText)).join('\n'));
