/** `npm run say-again`: a service publishes the state of each of its records again. */
import {
  ConfigError,
  createLog,
  readConfig,
  sayStatesAgain,
  whyNotStarted,
} from '@fairseat/common/kit';
import { parsed } from './arguments.ts';
import { openPlatform, serviceCalled, timeIn } from './one-service.ts';

const help = `Has a service publish the state of each of its records again, for services that have lost or never received it.

  npm run say-again -- tickets                       every record, 500 a second
  npm run say-again -- tickets --since 2026-11-01    only records made since
  npm run say-again -- tickets --per-second 50       slower

Settings are those of the service: PLATFORM=distributed with the addresses of its servers, or DATA_DIR of a Fairseat that
is stopped. Ctrl-C stops it; the same command goes on there.`;

const TELL_EACH_MS = 1000;
const options = {
  since: { type: 'string', default: '' },
  'per-second': { type: 'string', default: '500' },
  help: { type: 'boolean', default: false },
} as const;

async function main() {
  const { values, positionals } = parsed('npm run say-again -- --help', {
    allowPositionals: true,
    options,
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const service = serviceCalled(positionals);
  const since = timeOf(values.since);
  const perSecond = numberOf(values['per-second']);
  process.umask(0o077);
  const config = readConfig();
  const log = createLog(config.logLevel).child({ service: service.name });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());
  const platform = openPlatform(service, config, log);
  let toldAt = 0;
  try {
    const place = await sayStatesAgain(
      service,
      { platform, config, log },
      {
        since,
        perSecond,
        signal: stopping.signal,
        onProgress({ looked, said }) {
          if (Date.now() < toldAt + TELL_EACH_MS) return;
          toldAt = Date.now();
          console.log(`${service.name}: ${looked} records looked at, ${said} said again`);
        },
      },
    );
    const { looked, said, isOver } = place ?? { looked: 0, said: 0, isOver: true };
    const end = isOver ? 'all done' : 'stopped; the same command goes on there';
    console.log(`${service.name}: ${looked} records looked at, ${said} said again, ${end}`);
    if (!isOver) process.exitCode = 1;
  } finally {
    await platform.close();
  }
}

function timeOf(since: string): string {
  if (since === '') return since;
  const time = timeIn(since);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new ConfigError(`--since=${since}: expected a day such as 2026-11-01`);
}

function numberOf(perSecond: string): number {
  const number = Number(perSecond);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new ConfigError(`--per-second=${perSecond}: expected a whole number from 1`);
}

try {
  await main();
} catch (error) {
  console.error(`Nothing more is said again: ${whyNotStarted(error)}`);
  process.exit(1);
}
