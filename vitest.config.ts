import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { haveTools } from './infra/k8s/tools.ts';
import { findBrowser } from './infra/servers/browser.ts';
import { findCompiler } from './infra/servers/compiler.ts';
import { haveFonts } from './infra/servers/fonts.ts';
import { findStripeMock } from './infra/servers/stripe-mock.ts';

// Tests run the sources, as the services do: no build comes between a change and its test.
const source = '@fairseat/source';

const inCi = Boolean(process.env['CI']);
// Without a browser, fonts, a compiler, stripe-mock or what reads manifests their tests do not run. For CI that is a failure.
const withBrowser = inCi || (await findBrowser()) !== undefined;
const withFonts = inCi || (await haveFonts());
const withCompiler = inCi || (await findCompiler()) !== undefined;
const withStripeMock = inCi || findStripeMock() !== undefined;
const withManifests = inCi || haveTools('kustomize', 'helm');

/** Where the servers of the distributed platform are: see `npm run servers`. `npm test` starts them. */
const { MONGODB_URL: mongodbUrl, NATS_URL: natsUrl, REDIS_URL: redisUrl } = process.env;
const servers = mongodbUrl && natsUrl && redisUrl ? { mongodbUrl, natsUrl, redisUrl } : undefined;

const ofServers = [
  'packages/platform/src/distributed/**',
  'tests/processes/processes.test.ts',
  'tests/e2e/distributed.test.ts',
  'tests/processes/replicas.test.ts',
  'tests/processes/say-again-distributed.test.ts',
  'tests/processes/rights.test.ts',
  'tests/processes/local-servers.test.ts',
  'tests/processes/nothing-left.test.ts',
  'tests/faults/faults.test.ts',
  'tests/upgrade/databases.test.ts',
  'tests/upgrade/side-by-side.test.ts',
];

/** They hold requests and answers to Stripe's own description of them. */
const ofStripeMock = [
  'packages/gateways/src/stripe/requests.test.ts',
  'packages/gateways/src/local-stripe/answers-described.test.ts',
];

declare module 'vitest' {
  interface ProvidedContext {
    servers: { mongodbUrl: string; natsUrl: string; redisUrl: string };
  }
}

/** These read files, watch one process, move all time or are about HTTP alone: elsewhere they have nothing to show. */
const embeddedOnly = [
  'tests/http/bad-addresses.test.ts',
  'tests/http/bad-pages.test.ts',
  'tests/http/fuzz.test.ts',
  'tests/http/webhook.test.ts',
  'tests/live/feed-holding.test.ts',
  'tests/live/live.test.ts',
  'tests/marketplace/every-cut.test.ts',
  'tests/marketplace/every-request.test.ts',
  'tests/marketplace/newcomer.test.ts',
  'tests/marketplace/stop.test.ts',
];

/** The tests of the whole marketplace once more, on real servers. */
const distributed = {
  extends: true as const,
  test: {
    name: 'distributed',
    include: ['tests/{marketplace,http,live}/*.test.ts'],
    exclude: embeddedOnly,
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
    // Much of the time a test waits for a server or a browser, and a core would idle.
    maxWorkers: availableParallelism() + 1,
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
            ...(withFonts ? [] : ['tests/e2e/pictures.test.ts']),
            ...(withCompiler ? [] : ['tests/processes/power-loss/**']),
            ...(withStripeMock ? [] : ofStripeMock),
            ...(withManifests ? [] : ['tests/repository/manifests.test.ts']),
            ...(servers ? [] : ofServers),
          ],
        },
      },
      ...(servers ? [distributed] : []),
    ],
  },
});
