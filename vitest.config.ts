import { defineConfig } from 'vitest/config';

// Tests run the sources, as the services do: no build comes between a change and its test.
const source = '@fairseat/source';

// These start processes or read files; all others run on both platforms.
const notOfTheMarketplace = [
  'bad-addresses',
  'crash',
  'fuzz',
  'local-servers',
  'processes',
  'published',
  'readme',
  'rights',
  'start',
  'tidy',
];

export default defineConfig({
  ssr: {
    resolve: { conditions: [source, 'node'], externalConditions: [source, 'node'] },
  },
  test: {
    globalSetup: ['tests/servers.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A test that passes the second time has found something.
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: { name: 'embedded', include: ['{packages,services,tests,infra}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'distributed',
          include: ['tests/*.test.ts'],
          exclude: notOfTheMarketplace.map((name) => `tests/${name}.test.ts`),
          env: { PLATFORM: 'distributed' },
          testTimeout: 120_000,
        },
      },
    ],
  },
});
