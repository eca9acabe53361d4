import { defineConfig } from 'vitest/config';
import { findBrowser } from './infra/servers/browser.ts';

// Tests run the sources, as the services do: no build comes between a change and its test.
const source = '@fairseat/source';

const inCi = Boolean(process.env['CI']);
// Without a browser its tests do not run. For CI that is a failure.
const withBrowser = inCi || (await findBrowser()) !== undefined;

/** Where the servers of the distributed platform are: see `npm run servers`. `npm test` starts them. */
const { MONGODB_URL: mongodbUrl, NATS_URL: natsUrl, REDIS_URL: redisUrl } = process.env;
const servers = mongodbUrl && natsUrl && redisUrl ? { mongodbUrl, natsUrl, redisUrl } : undefined;

const ofServers = [
  'packages/platform/src/distributed/**',
  'tests/processes.test.ts',
  'tests/e2e/distributed.test.ts',
  'tests/replicas.test.ts',
  'tests/rights.test.ts',
  'tests/local-servers.test.ts',
  'tests/faults/**',
];

declare module 'vitest' {
  interface ProvidedContext {
    servers: { mongodbUrl: string; natsUrl: string; redisUrl: string };
  }
}

// These start processes or read files; all others run on both platforms.
const notOfTheMarketplace = [
  'bad-addresses',
  'crash',
  'fuzz',
  'live',
  'local-servers',
  'processes',
  'published',
  'readme',
  'replicas',
  'rights',
  'run',
  'start',
  'tidy',
];

/** The tests of the whole marketplace once more, on real servers. */
const distributed = {
  extends: true as const,
  test: {
    name: 'distributed',
    include: ['tests/*.test.ts'],
    exclude: notOfTheMarketplace.map((name) => `tests/${name}.test.ts`),
    env: { PLATFORM: 'distributed' },
    testTimeout: 600_000,
  },
};

export default defineConfig({
  ssr: {
    resolve: { conditions: [source, 'node'], externalConditions: [source, 'node'] },
  },
  test: {
    ...(servers && { provide: { servers } }),
    pool: 'forks',
    // Much of the time a test waits for a server or a browser: a core left free would idle.
    maxWorkers: '100%',
    // Far beyond what a busy machine needs: only what never ends is to fail by time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    // A test that passes the second time has found something.
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'embedded',
          include: ['{packages,services,client,tests,infra}/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            ...(withBrowser ? [] : ['tests/e2e/**']),
            ...(servers ? [] : ofServers),
          ],
        },
      },
      ...(servers ? [distributed] : []),
    ],
  },
});
