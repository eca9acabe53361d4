import { serveLocalStripe } from '@fairseat/gateways/local-stripe';
import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import { startProgram } from '@fairseat/test-support/process';
import { expect, it } from 'vitest';

async function verify(env: Record<string, string>, flags: string[] = []) {
  const program = await startProgram('tests/stripe/main.ts', env, { flags });
  return { code: await program.exited, ...program.output() };
}

it('npm run verify-stripe holds whatever server it is given to the contract', async () => {
  const { local } = await openLocalStripe();
  const { port, close } = await serveLocalStripe(0, () => local);
  const server = ['--server', `http://127.0.0.1:${port}`];
  const { code, stdout } = await verify({ STRIPE_SECRET_KEY: stripeKeys.secretKey }, server);
  expect(stdout).toMatch(/Tests .*1\d passed/);
  expect(code).toBe(0);
  expect((await verify({ STRIPE_SECRET_KEY: 'sk_test_none' }, server)).code).toBe(1);
  await close();
});

it.each([
  [{}, /^Runs the contract suite .* No money\nmoves/s],
  [{ STRIPE_SECRET_KEY: 'sk_live_1' }, /^STRIPE_SECRET_KEY is live: take one of test mode/],
  [{ STRIPE_SECRET_KEY: 'whsec_1' }, /^Wrong setting: STRIPE_SECRET_KEY=…: expected a secret/],
])('npm run verify-stripe does nothing with %j', async (env, told) => {
  const { code, stdout } = await verify({ STRIPE_SECRET_KEY: '', ...env });
  expect(stdout).toMatch(told);
  expect(code).toBe(1);
});
