import { defineConfig } from 'vitest/config';
import { findChromium } from './tests/e2e/chromium.ts';

// Tests run the sources, as the services do: no build comes between a change and its test.
const source = '@fairseat/source';

const inCi = Boolean(process.env['CI']);
const withBrowser = inCi || findChromium() !== undefined;

export default defineConfig({
  ssr: {
    resolve: { conditions: [source, 'node'], externalConditions: [source, 'node'] },
  },
  test: {
    include: ['{packages,services,client,tests}/**/*.test.ts'],
    // Without a browser their tests do not run, and that is said at the end. For CI it is a failure.
    exclude: ['**/node_modules/**', ...(withBrowser ? [] : ['tests/e2e/**'])],
    globalSetup: withBrowser ? [] : ['tests/e2e/missing.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A test that passes the second time has found something.
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
  },
});
