/** `npm run keys`: who may listen to the events from outside. */
import { ConfigError } from '@fairseat/common/kit';
import { addKey, endKey, listKeys } from '@fairseat/feed';
import { parsed } from './arguments.ts';
import { nameIn, typesIn, whyNothing, withRegistry } from './listener-arguments.ts';

const help = `Makes and ends the API keys of programs that listen to events (GET /api/feed).

  npm run keys -- add shop --types order.completed,ticket.*    makes a key, and shows it this once
  npm run keys -- list                                         who has one, and for which events
  npm run keys -- end shop                                     ends it at once, with its open streams

--types '*' is for all events. Settings are those of Fairseat: DATA_DIR, or PLATFORM=distributed with NATS_URL. It works
beside the running one.`;

const options = {
  types: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

async function main() {
  const { values, positionals } = parsed('npm run keys -- --help', {
    allowPositionals: true,
    options,
  });
  const [command, ...names] = positionals;
  if (values.help || command === undefined) {
    console.log(help);
    return;
  }
  await withRegistry(async (registry, now) => {
    if (command === 'list') {
      const keys = await listKeys(registry);
      for (const { name, types, createdAt } of keys) console.log(`${name}  ${types}  ${createdAt}`);
      if (keys.length === 0) console.log('There are no keys.');
      return;
    }
    const name = nameIn(names);
    if (command === 'add') {
      const secret = await addKey(registry, { name, types: typesIn(values.types), createdAt: now });
      if (!secret)
        throw new ConfigError(`${name}: there is such a key. End it, or choose another name`);
      console.log(
        `${secret}\n\nThis is the key of ${name}. It is shown this once: only its hash is kept.`,
      );
    } else if (command === 'end') {
      if (!(await endKey(registry, name))) throw new ConfigError(`${name}: there is no such key`);
      console.log(`The key of ${name} has ended.`);
    } else throw new ConfigError(`${command}: expected add, list or end`);
  });
}

try {
  await main();
} catch (error) {
  console.error(`Nothing was changed: ${whyNothing(error)}`);
  process.exit(1);
}
