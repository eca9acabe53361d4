/** `npm run migrate -- --status`: how far a deployment has come with what is new in the definitions of its tables. */
import { resolve } from 'node:path';
import { readConfig, whyNotStarted } from '@fairseat/common/kit';
import { parsed } from './arguments.ts';
import { createServices } from './services.ts';

const HELP = `  npm run migrate -- --status    one line a table: of the data folder, or of MONGODB_URL where that is set

Nothing is to be done by hand: what is new is filled by itself after a start.`;

function readFlags(args: string[]) {
  const flag = { type: 'boolean', default: false } as const;
  return parsed('npm run migrate', { args, options: { status: flag, help: flag } }).values;
}

async function status(): Promise<string[]> {
  const { dataDir, mongodbUrl, namespace, tlsCaFile } = readConfig();
  if (mongodbUrl === undefined) {
    const { readStatus } = await import('@fairseat/platform/embedded');
    return readStatus(resolve(dataDir));
  }
  const { readStatus } = await import('@fairseat/platform/distributed');
  const services = [...createServices().map(({ name }) => name), 'test_gateway'];
  const options = { mongodbUrl, ...(namespace && { namespace }), ...(tlsCaFile && { tlsCaFile }) };
  return readStatus(options, services);
}

try {
  const flags = readFlags(process.argv.slice(2));
  const lines = flags.status && !flags.help ? await status() : [HELP];
  console.log(lines.join('\n'));
} catch (error) {
  console.error(`Fairseat cannot tell: ${whyNotStarted(error)}`);
  process.exit(1);
}
