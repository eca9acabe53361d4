/** `npm run verify-stripe`: the contract of gateways against Stripe itself, in the test mode of one's own account. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isLiveKey, readConfig, whyNotStarted } from '@fairseat/common/kit';

const HELP = `Runs the contract suite of payment gateways against Stripe, in the test mode of your account:

  STRIPE_SECRET_KEY=sk_test_… npm run verify-stripe

Some twenty payments of 49.90 usd by test cards are opened there, held, captured, refunded and cancelled. No money
moves, and nothing else of the account is looked at or changed. A restricted key needs to write payment intents
and refunds, and to read charges. Live keys are refused. It takes a few minutes.

  --server http://127.0.0.1:12111    another server than Stripe's, such as the local one
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** @throws ConfigError for what is no key. */
function keyGiven(): string | undefined {
  const { stripeSecretKey } = readConfig();
  if (stripeSecretKey === undefined) say(HELP);
  else if (isLiveKey(stripeSecretKey)) say('STRIPE_SECRET_KEY is live: take one of test mode.');
  else return stripeSecretKey;
  return undefined;
}

async function main(): Promise<number> {
  const { server } = parseArgs({ options: { server: { type: 'string' } } }).values;
  const key = keyGiven();
  if (key === undefined) return 1;
  const child = spawn(
    'vitest',
    ['run', '--config', join(import.meta.dirname, 'vitest.config.ts')],
    {
      stdio: 'inherit',
      env: { ...process.env, ...(server && { STRIPE_SERVER: server }) },
    },
  );
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(whyNotStarted(error));
  process.exitCode = 1;
}
