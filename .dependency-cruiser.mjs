/** Who may import whom. Types count too: a boundary that holds only at run time is soon crossed. */

/** What of a service does not decide. A file that is not named here does, and is held to it. */
const edges =
  '(main|service|routes|handlers|limits|holds|passwords|session|devices|cashier|reconcile|webhook|audience|keys|listeners|tail|endpoints|deliveries|post)';
const domain = `^services/(?!marketplace/)([^/]+)/(?!${edges}[.])[^/.]+[.]ts$`;
const contracts =
  '^packages/common/src/(contracts/[^/]+|events|define-events|open-schema|errors)[.]ts$';
const engines = '^(node:)?sqlite$|(^|/)node_modules/(mongodb|@nats-io|bullmq|ioredis)/';
const vendors = '(^|/)node_modules/stripe/';
const test = '[.]test[.]ts$|^(tests|bench|packages/test-support)/';
/** What mounts the pages and builds them. */
const clientProcess = '^client/(main|pages|build)[.]ts$';
const testKit = '^packages/common/src/testing/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files in a cycle cannot be read, tested or moved one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere escapes every other rule here.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'domain-imports-contracts-only',
      comment:
        'A decision is pure: it knows contracts, events and errors, no storage, web or clock.',
      severity: 'error',
      from: { path: domain },
      to: { pathNot: [contracts, '^services/$1/'] },
    },
    {
      name: 'domain-reaches-contracts-only',
      comment: 'Nor may it come by them through a neighbour. zod is what the events are made of.',
      severity: 'error',
      from: { path: domain },
      to: { reachable: true, pathNot: [contracts, '^services/$1/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'services-apart',
      comment:
        'Services talk through events alone, so that each can be deployed, scaled and fail alone.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/marketplace/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-without-platform',
      comment:
        'A service is given its platform: the same code runs embedded, distributed and simulated.',
      severity: 'error',
      from: {
        path: '^services/',
        pathNot: ['^services/marketplace/', '^services/[^/]+/main[.]ts$'],
      },
      to: { path: '^packages/platform/' },
    },
    {
      name: 'engines-in-platform',
      comment:
        'Storage and brokers are reached through ports, which one contract suite keeps honest.',
      severity: 'error',
      from: {
        pathNot: [
          '^packages/platform/',
          '^packages/test-support/',
          '^infra/servers/',
          '^bench/(bytes|catch-up|copies|one-row|raw)[.]ts$',
        ],
      },
      to: { path: engines },
    },
    {
      name: 'vendors-in-gateways',
      comment: 'Who takes the money is reached through a port, as storage and brokers are.',
      severity: 'error',
      from: { pathNot: '^packages/gateways/' },
      to: { path: vendors },
    },
    {
      name: 'gateways-chosen-by-programs',
      comment:
        'A platform is passed its gateway and a service finds it there: neither knows which one it is.',
      severity: 'error',
      from: {
        pathNot: [
          '^packages/gateways/',
          '^services/[^/]+/main[.]ts$',
          '^services/marketplace/reconcile[.]ts$',
          test,
        ],
      },
      to: { path: '^packages/gateways/' },
    },
    {
      name: 'gateways-on-common-alone',
      comment: 'A gateway is made from what it is passed, on whatever platform.',
      severity: 'error',
      from: { path: '^packages/gateways/', pathNot: test },
      to: { path: '^(packages/(?!(common|gateways)/)|services/|client/|infra/)' },
    },
    {
      name: 'client-knows-schemas-only',
      comment: 'The client talks to the API over HTTP, so that it can run anywhere in front of it.',
      severity: 'error',
      from: { path: '^client/', pathNot: [clientProcess, test] },
      to: {
        path: '^(packages|services)/',
        pathNot: contracts,
      },
    },
    {
      name: 'client-process-on-the-kit',
      comment:
        'What carries the pages is built as every process is, and has neither platform nor services.',
      severity: 'error',
      from: { path: clientProcess },
      to: {
        path: '^(packages|services)/',
        pathNot: '^packages/common/src/((context|errors|trace-context)[.]ts$|kit/)',
      },
    },
    {
      name: 'pages-know-no-process',
      comment: 'Pages are rendered in whatever process has the port.',
      severity: 'error',
      from: { path: '^client/', pathNot: clientProcess },
      to: { path: clientProcess },
    },
    {
      name: 'client-talks-in-one-place',
      comment: 'One module says how the API is spoken to; the schemas it checks by stay there too.',
      severity: 'error',
      from: { path: '^client/(app|components)/' },
      to: { path: '^packages/common/src/', pathNot: contracts },
    },
    {
      name: 'common-at-the-bottom',
      comment: 'Everything is built on common, so it can know nothing of what is built on it.',
      severity: 'error',
      from: { path: '^packages/common/' },
      to: { path: '^(packages/(?!common/)|services/|client/|infra/|tests/|bench/)' },
    },
    {
      name: 'contracts-at-the-bottom',
      comment:
        'What is agreed on between services and with the outside depends on nothing that runs.',
      severity: 'error',
      from: { path: '^packages/common/src/(contracts|ports)/' },
      to: {
        path: '^packages/',
        pathNot: [contracts, '^packages/common/src/ports/'],
      },
    },
    {
      name: 'decisions-without-http',
      comment: 'How records change is the same whoever asks; of a process it needs the log alone.',
      severity: 'error',
      from: { path: '^packages/common/src/kit/decide/', pathNot: test },
      to: {
        path: '^packages/common/src/kit/(http|process)/',
        pathNot: '^packages/common/src/kit/process/log[.]ts$',
      },
    },
    {
      name: 'http-without-services',
      comment: 'The HTTP side serves any app: of a process it needs the settings and the log.',
      severity: 'error',
      from: { path: '^packages/common/src/kit/http/' },
      to: {
        path: '^packages/common/src/kit/(decide|process)/',
        pathNot: '^packages/common/src/kit/process/(config|log)[.]ts$',
      },
    },
    {
      name: 'services-in-one-list',
      comment: 'Whoever needs to know of all services asks the list, so that one more is one line.',
      severity: 'error',
      from: { path: '^(infra|client)/' },
      to: { path: '^services/(?!marketplace/)' },
    },
    {
      name: 'platform-below-services',
      comment:
        'A platform carries any service; from common it needs the ports and what they speak of.',
      severity: 'error',
      from: { path: '^packages/platform/', pathNot: test },
      to: {
        path: '^(packages/common/|services/)',
        pathNot:
          '^packages/common/src/(contracts/[^/]+|events|define-events|open-schema|errors|ports/[^/]+|search|context)[.]ts$',
      },
    },
    {
      name: 'packages-by-name',
      comment: 'Packages are used as published: only what their `exports` name.',
      severity: 'error',
      from: { path: '^((packages|services|infra)/[^/]+|client|tests|bench)/' },
      to: { path: '^packages/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-tests-in-product',
      comment: 'What runs in production must not need what exists only to test it.',
      severity: 'error',
      from: { pathNot: [test, testKit] },
      to: { path: [test, testKit] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API to parse with.
    parser: 'swc',
    // Tests may be seen but not read: the parser does not know `using` yet.
    doNotFollow: { path: ['node_modules', '^tests/'] },
    exclude: { path: '/(dist|[.]next)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@fairseat/source', 'node', 'import', 'default'],
    },
  },
};
