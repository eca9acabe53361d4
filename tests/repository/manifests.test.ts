/** The manifests of Kubernetes, the chart and compose.yaml say the same, and what the code of the services says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSettings, readConfig } from '@fairseat/common/kit';
import { readStages, readTargets } from '@fairseat/docker';
import { helmTemplate, kustomize, type Manifest, manifestsOf, overlays } from '@fairseat/k8s';
import { createServices } from '@fairseat/marketplace/services';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const services = createServices();
const names = services.map(({ name }) => name).sort();
const called = services.filter(({ prefixes }) => prefixes.length > 0);
/** Those that the front passes requests on to. */
const namesCalled = called.map(({ name }) => name).sort();
/** The processes without an engine. */
const others = ['client', 'front'];
/** Those who connect to Redis. */
const counting = services
  .filter(({ needs }) => needs.some((need) => need === 'timers' || need === 'rateLimiter'))
  .map(({ name }) => name)
  .sort();
/** Those who call what is outside: the gateway of payments, and receivers of webhooks. */
const callingOut = services
  .filter(({ needs }) => needs.some((need) => need === 'gateway' || need === 'registry'))
  .map(({ name }) => name);
/** Those with tables and visitors. */
const keeping = services.filter(({ listensOnly }) => !listensOnly).map(({ name }) => name);
const paying = services.filter(({ needs }) => needs.includes('gateway')).map(({ name }) => name);
const signing = services.filter(({ needs }) => needs.includes('signSession'));

const base = manifestsOf(kustomize('base'));
const every = {
  base,
  ...Object.fromEntries(overlays.map((name) => [name, manifestsOf(kustomize(`overlays/${name}`))])),
};

const compose = parse(readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8'), {
  merge: true,
});

const ofKind = (kind: string, manifests = base) =>
  manifests.filter((manifest) => manifest.kind === kind);
const namesOf = (kind: string) =>
  ofKind(kind)
    .map(({ metadata }) => metadata.name)
    .sort();
const pods = new Map(
  ofKind('Deployment').map(({ metadata, spec }) => [metadata.name, spec.template.spec]),
);
const containerOf = (name: string) => pods.get(name).containers[0];

describe('every service, the pages and the front', () => {
  const all = [...names, ...others].sort();

  it.each(['Deployment', 'ServiceAccount', 'PodDisruptionBudget', 'HorizontalPodAutoscaler'])(
    'has a %s',
    (kind) => expect(namesOf(kind)).toEqual(all),
  );

  it('has a Service where it is called', () => {
    expect(namesOf('Service')).toEqual([...namesCalled, ...others].sort());
  });

  it('has an image, which compose.yaml builds too', () => {
    expect(
      readTargets()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(all);
    const built = Object.values<{ build?: { target: string } }>(compose.services);
    const targets = new Set(built.flatMap(({ build }) => build?.target ?? []));
    expect([...targets].sort()).toEqual(all);
  });

  it('listens and is probed on the ports that its image sets', () => {
    const runtime = JSON.stringify(readStages().find(({ name }) => name === 'runtime')?.steps);
    const [port, operationsPort] = ['PORT', 'OPERATIONS_PORT'].map((name) =>
      Number(new RegExp(`\\b${name}=(\\d+)`).exec(runtime)?.[1]),
    );
    for (const name of all) {
      const { ports, startupProbe, readinessProbe, livenessProbe } = containerOf(name);
      expect(ports).toEqual([
        { name: 'http', containerPort: port },
        { name: 'operations', containerPort: operationsPort },
      ]);
      const asked = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet);
      const at = (path: string) => ({ path, port: 'operations' });
      expect(asked).toEqual([at('/healthz'), at('/healthz'), at('/readyz')]);
    }
  });

  it('has settings that it accepts', () => {
    const [settings] = ofKind('ConfigMap');
    expect(() => readConfig(settings?.data)).not.toThrow();
    const known = describeSettings().flatMap((group) => group.settings.map(({ name }) => name));
    expect(Object.keys(settings?.data ?? {}).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('stops within the time that it is given', () => {
    const { lifecycle } = containerOf('orders');
    // 15 s for what is in flight: STOP_WITHIN_MS in kit/process/run-host.ts.
    const needed = lifecycle.preStop.sleep.seconds + 15;
    for (const pod of pods.values())
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(needed);
  });
});

describe('the keys', () => {
  it('of sessions are the private half for who signs, and the public half for all others', () => {
    const keys = names.flatMap((name) =>
      (pods.get(name).volumes ?? []).map((volume: { secret: { secretName: string } }) => [
        name,
        volume.secret.secretName,
      ]),
    );
    const isSigning = (name: string) => signing.some((service) => service.name === name);
    const half = (name: string) => (isSigning(name) ? 'private' : 'public');
    expect(keys).toEqual(keeping.toSorted().map((name) => [name, `session-key-${half(name)}`]));
  });

  it('to the money are given to those alone who take it', () => {
    const given = [...pods].filter(([, { containers }]) =>
      JSON.stringify(containers).includes('"name":"stripe"'),
    );
    expect(given.map(([name]) => name)).toEqual(paying);
  });

  it('stand in no manifest', () => {
    for (const [name, manifests] of Object.entries(every)) {
      for (const { metadata, data = {}, ...secret } of ofKind('Secret', manifests)) {
        expect(secret).not.toHaveProperty('stringData');
        for (const value of Object.values(data)) {
          // Addresses of engines without passwords, for development.
          expect(Buffer.from(value, 'base64').toString(), `${name}: ${metadata.name}`).toMatch(
            /^\w+:\/\/[\w:/?=]+$/,
          );
        }
      }
    }
    expect(ofKind('Secret', every.base)).toEqual([]);
    expect(ofKind('Secret', manifestsOf(helmTemplate()))).toEqual([]);
  });
});

describe('the routes', () => {
  const rules: { matches: { path: { value: string } }[]; backendRefs: { name: string }[] }[] =
    ofKind('HTTPRoute')[0]?.spec.rules;
  const routed = rules.flatMap(({ matches, backendRefs }) =>
    matches.map(({ path }) => [path.value, backendRefs[0]?.name] as const),
  );

  it('lead every path to its service, what else the API has to the front, and the rest to the pages', () => {
    const expected = [
      ...called.flatMap(({ name, prefixes }) => prefixes.map((prefix) => [prefix, name] as const)),
      ...[['/api', 'front'] as const, ['/docs', 'front'] as const, ['/', 'client'] as const],
      // A page of the pages, below what the front has.
      ['/docs/event-types', 'client'] as const,
    ];
    expect(routed.toSorted()).toEqual(expected.toSorted());
  });

  it('are those of the front and of compose.yaml', () => {
    const { env } = containerOf('front');
    const parts = services.flatMap(({ name, prefixes }) =>
      prefixes.map((prefix) => `http://${name}:3000${prefix}`),
    );
    expect(env[0].value.split(' ').toSorted()).toEqual(parts.toSorted());
    expect(compose.services.front.environment.API_PARTS).toBe(env[0].value);
    const { routers } = parse(compose.configs.routes.content).http;
    const ruled = Object.values<{ rule: string; service: string }>(routers).flatMap(
      ({ rule, service }) => [...rule.matchAll(/`(.*?)`/g)].map(([, path]) => [path, service]),
    );
    expect(ruled.toSorted()).toEqual(routed.toSorted());
  });
});

describe('the network policies', () => {
  const policies = ofKind('NetworkPolicy');
  const flows = policies.flatMap(flowsOf).toSorted();

  it('deny everything first', () => {
    const [denial] = policies.filter(({ metadata }) => metadata.name === 'deny-all');
    expect(denial?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('allow exactly what the services need, from both ends', () => {
    const each = (list: string[], flow: (name: string) => string) => list.map(flow);
    const expected = [
      ...each(keeping, (name) => `${name} -> mongodb:27017`),
      ...each(names, (name) => `${name} -> nats:4222`),
      ...each(counting, (name) => `${name} -> redis:6379`),
      ...each(callingOut, (name) => `${name} -> outside:443`),
      ...each(namesCalled, (name) => `front -> ${name}:3000`),
      ...each(namesCalled, (name) => `${name} <- front:3000`),
      ...each([...namesCalled, ...others], (name) => `${name} <- gateway:3000`),
      ...['client -> front:3000', 'front <- client:3000'],
      ...['every -> kube-dns:53', 'every -> kube-dns:53', 'every <- monitoring:9000'],
    ];
    expect(flows).toEqual(expected.toSorted());
  });

  it('let the engines of development be reached by those who need them', () => {
    const engines = ofKind('NetworkPolicy', manifestsOf(kustomize('engines'))).flatMap(flowsOf);
    const expected = [
      ...keeping.map((name) => `mongodb <- ${name}:27017`),
      ...names.map((name) => `nats <- ${name}:4222`),
      ...counting.map((name) => `redis <- ${name}:6379`),
      ...['mongodb <- mongodb:27017', 'mongodb -> mongodb:27017'],
    ];
    expect(engines.toSorted()).toEqual(expected.toSorted());
  });
});

describe('the chart', () => {
  it('is by default what the base of the manifests is', () => {
    expect(normal(manifestsOf(helmTemplate()))).toEqual(normal(base));
  });

  it('takes what a marketplace of its own needs', () => {
    const set =
      'settings.PUBLIC_ORIGIN=https://tickets.example,image.tag=1.2.3,networkPolicies=false,services.orders.replicas.min=3,services.orders.replicas.max=30';
    const own = manifestsOf(helmTemplate('--set', set));
    const scaler = ofKind('HorizontalPodAutoscaler', own).find(
      ({ metadata }) => metadata.name === 'orders',
    );
    expect(scaler?.spec).toMatchObject({ minReplicas: 3, maxReplicas: 30 });
    expect(ofKind('NetworkPolicy', own)).toEqual([]);
    expect(ofKind('ConfigMap', own)[0]?.data).toMatchObject({
      PUBLIC_ORIGIN: 'https://tickets.example',
    });
    const images = ofKind('Deployment', own).map(
      ({ spec }) => spec.template.spec.containers[0].image,
    );
    expect(images.filter((image) => !image.endsWith(':1.2.3'))).toEqual([]);
  });
});

/** What a policy allows, one line for each pair: `orders -> mongodb:27017`. */
function flowsOf({ spec }: Manifest): string[] {
  const ways = [
    { arrow: '->', rules: spec.egress ?? [], peers: 'to' },
    { arrow: '<-', rules: spec.ingress ?? [], peers: 'from' },
  ];
  return ways.flatMap(({ arrow, rules, peers }) =>
    // biome-ignore lint/suspicious/noExplicitAny: kubeconform checks its shape.
    rules.flatMap((rule: any) =>
      rule[peers].flatMap((peer: object) =>
        podsOf(spec.podSelector).flatMap((pod) =>
          peersOf(peer).flatMap((other) =>
            rule.ports.map(({ port }: { port: number }) => `${pod} ${arrow} ${other}:${port}`),
          ),
        ),
      ),
    ),
  );
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { values: string[] }[];
}

/** The names of those that it selects. */
function podsOf({ matchLabels = {}, matchExpressions }: Selector): string[] {
  if (matchExpressions) return matchExpressions.flatMap(({ values }) => values);
  const name = matchLabels['app.kubernetes.io/name'] ?? matchLabels['k8s-app'];
  return [name ?? 'every'];
}

function peersOf(peer: { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: object }) {
  if (peer.ipBlock) return ['outside'];
  if (peer.podSelector) return podsOf(peer.podSelector);
  return [peer.namespaceSelector?.matchLabels?.['fairseat-network'] ?? 'everywhere'];
}

/** By kind and name, without what tells that settings have changed: a name of their own here, an annotation there. */
function normal(manifests: Manifest[]) {
  const text = JSON.stringify(manifests).replaceAll(/"fairseat-[a-z0-9]{10}"/g, '"fairseat"');
  const all = JSON.parse(text) as Manifest[];
  for (const { kind, spec } of all)
    if (kind === 'Deployment') delete spec.template.metadata.annotations;
  return Object.fromEntries(all.map((each) => [`${each.kind} ${each.metadata.name}`, each]));
}
