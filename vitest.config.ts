import { defineConfig } from 'vitest/config';

// Tests run the sources, as the services do: no build comes between a change and its test.
const source = '@fairseat/source';

export default defineConfig({
  ssr: {
    resolve: { conditions: [source, 'node'], externalConditions: [source, 'node'] },
  },
  test: {
    include: ['{packages,services,tests}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A test that passes the second time has found something.
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
  },
});
