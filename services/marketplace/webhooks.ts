/** `npm run webhooks`: where events are sent to. */
import { ConfigError, readConfig } from '@fairseat/common/kit';
import type { Registry } from '@fairseat/common/ports';
import {
  addEndpoint,
  beginAgain,
  endEndpoint,
  endpointsIn,
  refusalOf,
  rotateSecret,
} from '@fairseat/feed';
import { parsed } from './arguments.ts';
import { nameIn, typesIn, whyNothing, withRegistry } from './listener-arguments.ts';

const help = `Says where events are sent to, signed by Standard Webhooks.

  npm run webhooks -- add shop https://shop.example/hook --types order.completed
                                              sends those from now on, and shows the secret this once
  npm run webhooks -- list                    how each is doing
  npm run webhooks -- rotate shop             makes another secret; both sign for a day
  npm run webhooks -- resume shop             goes on where it was, at once, also where it was disabled
  npm run webhooks -- replay shop --after 123 sends again what is behind a cursor of the feed, or behind \`oldest\`
  npm run webhooks -- end shop                sends no more there

Settings are those of Fairseat: DATA_DIR, or PLATFORM=distributed with NATS_URL. It works beside the running one.`;

const options = {
  types: { type: 'string' },
  after: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof read>['values'];
const read = () => parsed('npm run webhooks -- --help', { allowPositionals: true, options });

const shown = (secret: string, of: string) =>
  `${secret}\n\nThis is the secret of ${of}. It is shown this once.`;

async function list(registry: Registry): Promise<string[]> {
  const endpoints = endpointsIn(await registry.list());
  if (endpoints.length === 0) return ['There are no webhooks.'];
  return endpoints.map(({ endpoint: { name, url, types }, progress }) => {
    const { disabledAt, failingSince, nextAt, reason, after } = progress ?? {};
    const state = disabledAt
      ? `disabled since ${disabledAt}: ${reason}`
      : failingSince
        ? `failing since ${failingSince}: ${reason}; next try ${nextAt}`
        : `delivered up to ${after ?? 'nothing yet'}`;
    return `${name}  ${url}  ${types}  ${state}`;
  });
}

async function add(
  registry: Registry,
  [url = '', ...names]: string[],
  values: Values,
  now: string,
) {
  const name = nameIn(names);
  const refusal = refusalOf(url, readConfig().webhooksToLoopback);
  if (refusal) throw new ConfigError(`${url || 'No address'}: ${refusal}`);
  const secret = await addEndpoint(registry, { name, url, types: typesIn(values.types), now });
  if (secret) return shown(secret, name);
  throw new ConfigError(`${name}: there is such a webhook. End it, or choose another name`);
}

/** Answers undefined when there is no webhook of that name. */
async function act(registry: Registry, command: string, name: string, after = '', now: string) {
  if (command === 'rotate') {
    const secret = await rotateSecret(registry, name, now);
    return secret && `${shown(secret, name)} The one before signs beside it for a day.`;
  }
  if (command === 'end') return (await endEndpoint(registry, name)) && `${name} has ended.`;
  if (command === 'resume') {
    return (await beginAgain(registry, name, 'here', now)) && `${name} goes on where it was.`;
  }
  if (command !== 'replay') {
    throw new ConfigError(`${command}: expected add, list, rotate, resume, replay or end`);
  }
  if (!/^[a-z0-9-]{1,40}$/.test(after)) {
    throw new ConfigError('--after: expected a cursor of the feed, or oldest');
  }
  return (await beginAgain(registry, name, after, now)) && `${name} begins again behind ${after}.`;
}

async function main() {
  const { values, positionals } = read();
  const [command, name = '', ...others] = positionals;
  if (values.help || command === undefined) {
    console.log(help);
    return;
  }
  await withRegistry(async (registry, now) => {
    if (command === 'list') console.log((await list(registry)).join('\n'));
    else if (command === 'add') {
      console.log(await add(registry, [...others, name], values, now));
    } else {
      const done = await act(registry, command, nameIn([name, ...others]), values.after, now);
      if (!done) throw new ConfigError(`${name}: there is no such webhook`);
      console.log(done);
    }
  });
}

try {
  await main();
} catch (error) {
  console.error(`Nothing was changed: ${whyNothing(error)}`);
  process.exit(1);
}
