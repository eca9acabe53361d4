/** `npm run restored`: declares that the database of a service went back to a backup. */
import {
  ConfigError,
  createLog,
  declareRestored,
  readConfig,
  unknownsOf,
  whyNotStarted,
} from '@fairseat/common/kit';
import { parsed } from './arguments.ts';
import { openPlatform, serviceCalled, timeIn } from './one-service.ts';

const help = `Declares that the database of a service went back to a backup, where the service cannot notice that by itself.

  npm run restored -- orders --backup 2026-11-01T08:00Z           the backup was made then, or somewhat later
  npm run restored -- orders --backup 2026-11-01T08:00Z --list    only lists what cannot be known

The service takes back what its kept events tell of, says each record again in a version that nobody has seen, and
receives again all events that are kept. What it cannot know, a line for each, needs a person. Settings are those of the
service: PLATFORM=distributed with the addresses of its servers, or DATA_DIR of a Fairseat that is stopped. It may be
done again, and beside the running service.`;

const TELL_EACH_MS = 1000;
const options = {
  backup: { type: 'string', default: '' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main() {
  const { values, positionals } = parsed('npm run restored -- --help', {
    allowPositionals: true,
    options,
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const service = serviceCalled(positionals);
  const backupAt = timeOf(values.backup);
  process.umask(0o077);
  const config = readConfig();
  const log = createLog(config.logLevel).child({ service: service.name });
  const platform = openPlatform(service, config, log);
  const surroundings = { platform, config, log };
  const say = (line: string) => console.log(`${service.name}: ${line}`);
  let toldAt = 0;
  try {
    if (!values.list) {
      await declareRestored(service, surroundings, {
        onTakenBack: (records) => say(`${records} records taken back from its events`),
        onProgress({ looked, said, isOver }) {
          if (!isOver && Date.now() < toldAt + TELL_EACH_MS) return;
          toldAt = Date.now();
          say(`${looked} records looked at, ${said} said again`);
        },
      });
      say('receives again all events that are kept. Once it has, list again what is unknown');
    }
    const unknowns = await unknownsOf(service, surroundings, backupAt);
    for (const { kind, id, what, todo } of unknowns) say(`${kind} ${id}: ${what}. ${todo}`);
    say(`${unknowns.length} unknown`);
  } finally {
    await platform.close();
  }
}

function timeOf(backup: string): number {
  const time = timeIn(backup);
  if (!Number.isNaN(time)) return time;
  throw new ConfigError(
    `--backup=${backup}: expected the time of the backup, such as 2026-11-01T08:00Z`,
  );
}

try {
  await main();
} catch (error) {
  console.error(`It is not declared: ${whyNotStarted(error)}`);
  process.exit(1);
}
