// Tells of events, and compares their catalogue with all that was published: npm run events -- --help
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { eventTypes, jsonSchemaOf } from '@fairseat/common/events';
import type { Schema } from './compare.ts';
import { breaks, unwritten } from './gate.ts';
import { brought, readHistory, released, writeHistory } from './history.ts';

const HELP = `npm run events [-- option]

Without an option: lists all events, who publishes and who hears each.
  TYPE               tells of one, such as order.cancelled
  --story ORDER_ID   what happened to an order, by the log: of the data folder (DATA_DIR), also while Fairseat runs, or of
                     NATS_URL where that is set; and what should have come by now and has not
  --mermaid          the same as a picture: a sequence diagram of Mermaid
  --check            says whether the catalogue may be published after all that was published before
  --write            writes the next version of each event that changed compatibly
  --release VERSION  the same, and notes that this release published the newest version of each event`;

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'packages/common/catalogue');
const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;
const OPTIONS = { help: flag, check: flag, write: flag, mermaid: flag, release: text, story: text };
type Options = ReturnType<typeof readOptions>['values'];

try {
  const { values, positionals } = readOptions();
  await run(values, positionals);
} catch (error) {
  const { whyNotStarted } = await import('@fairseat/common/kit');
  console.error(whyNotStarted(error));
  process.exitCode = 1;
}

function readOptions() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    console.error(`${(error as Error).message.split('. ')[0]}. See npm run events -- --help`);
    process.exit(1);
  }
}

async function run(options: Options, [type, ...others]: string[]) {
  const { help, check, write, release, story } = options;
  if (help || others.length > 0) return say([HELP], help);
  if (check || write || release !== undefined) {
    const lines = gate(options);
    return say(lines, lines.length === 0);
  }
  const listeners = await services();
  if (story !== undefined) return tellStory(story, options.mermaid, listeners);
  const { list, tell } = await import('./tell.ts');
  if (type === undefined) return say(list(listeners));
  const { recordAll } = await import('../docs/record.ts');
  const { reactionsOf } = await import('../docs/pages.ts');
  const recordings = await recordAll();
  const { lines, isKnown } = tell(type, listeners, (service, heard) =>
    reactionsOf(service, heard, recordings),
  );
  say(lines, isKnown);
}

function say(lines: string[], isFine = true) {
  for (const line of lines) console.log(line);
  if (!isFine) process.exitCode = 1;
}

async function services() {
  const { createServices } = await import('../../services/marketplace/services.ts');
  return createServices();
}

async function tellStory(
  orderId: string,
  asMermaid: boolean,
  listeners: Awaited<ReturnType<typeof services>>,
) {
  if (!/^[0-9a-f]{32}$/.test(orderId)) {
    return say([`${orderId}: expected the id of an order, 32 digits from 0 to f.`], false);
  }
  const { story } = await import('./story.ts');
  const { asPicture, asText } = await import('./tell-story.ts');
  const { where, events } = await eventsAbout(orderId);
  const told = story(events, Date.now(), orderId);
  if (told.events.length === 0) {
    return say([`${where} has no event about an order ${orderId}.`], false);
  }
  say(asMermaid ? asPicture(told, listeners) : asText(told));
}

/** The events that name the order, or its ticket, whose release does not. */
async function eventsAbout(orderId: string) {
  const { readConfig } = await import('@fairseat/common/kit');
  const { dataDir, natsUrl, natsCredentialsFile, tlsCaFile, namespace } = readConfig();
  const read = await (async () => {
    if (natsUrl === undefined) {
      const { readEvents } = await import('@fairseat/platform/embedded');
      return (texts: string[]) => readEvents(resolve(dataDir), texts);
    }
    const { readEvents } = await import('@fairseat/platform/distributed');
    const options = {
      natsUrl,
      ...(natsCredentialsFile !== undefined && { natsCredentialsFile }),
      ...(tlsCaFile !== undefined && { tlsCaFile }),
      ...(namespace !== undefined && { namespace }),
    };
    return (texts: string[]) => readEvents(options, texts);
  })();
  const named = await read([orderId]);
  const ticketIds = named.flatMap(({ data }) => ('ticketId' in data ? [data.ticketId] : []));
  const where = natsUrl === undefined ? `The log of ${dataDir}` : 'NATS';
  if (ticketIds.length === 0) return { where, events: named };
  return { where, events: await read([orderId, ...new Set(ticketIds)]) };
}

function gate(options: Options): string[] {
  const history = readHistory(folder);
  if (Array.isArray(history)) return history;
  const today = catalogue();
  const broken = breaks(today, history);
  if (broken.length > 0) return broken;
  if (!options.write && !options.release) return unwritten(today, history, releases());
  if (options.release && options.release in history.index.releases) {
    return [`Release ${options.release} is in the history of events already.`];
  }
  const next = brought(today, history);
  writeHistory(folder, options.release ? released(options.release, next) : next);
  return [];
}

function catalogue(): Record<string, Schema> {
  return Object.fromEntries(eventTypes().map((type) => [type, jsonSchemaOf(type) as Schema]));
}

function releases(): string[] {
  return Object.keys(JSON.parse(readFileSync(join(root, 'releases.json'), 'utf8')));
}
