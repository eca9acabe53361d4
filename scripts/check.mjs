// Everything that can be checked without running Fairseat: one line for each step, output only where one fails.
import './require-node.cjs';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const steps = {
  types: 'tsc --project tsconfig.json',
  'types of the client': 'tsc --project client/tsconfig.json',
  style: 'biome ci --colors=off --error-on-warnings --max-diagnostics=200 .',
  boundaries: 'depcruise packages services client infra bench',
  'nothing unused': 'knip',
  events: 'node --conditions=@fairseat/source scripts/events/main.ts --check',
  reference: 'node --conditions=@fairseat/source scripts/docs/main.ts --check',
  tidy: 'vitest run tests/repository/tidy.test.ts',
};

const run = promisify(execFile);

await Promise.all(
  Object.entries(steps).map(async ([name, command]) => {
    const [program, ...args] = command.split(' ');
    const startedAt = performance.now();
    const output = await run(program, args, { maxBuffer: 2 ** 26 }).then(
      () => '',
      ({ stdout, stderr, message }) => stdout + stderr || message,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${output ? '✗' : '✓'} ${name} (${seconds} s)`);
    if (output) {
      console.log(output);
      process.exitCode = 1;
    }
  }),
);
