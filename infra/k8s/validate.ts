/** `npm run k8s:validate`: all that can be checked of manifests, chart and compose.yaml without a cluster. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { helmLint, helmTemplate, kustomize, output, overlays } from './render.ts';
import { composeSchema, installTools, kubernetesSchemas, pathOf } from './tools.ts';

/** What kube-score wants and these manifests do without, and why. */
const EXCEPTIONS = {
  'container-resources':
    'no limit of processor time: it throttles, and requests divide what is scarce',
  'container-image-pull-policy': 'a tag is never pushed twice, so what a node has is right',
  'deployment-has-host-podantiaffinity': 'topologySpreadConstraints spread over nodes and zones',
  'horizontalpodautoscaler-replicas': 'one replica does for development',
};

const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
const schemas = '{{ .ResourceKind }}{{ .KindSuffix }}.json';
const say = (line: string) => console.log(line);

async function conforms(file: string) {
  const location = join(await kubernetesSchemas(), schemas);
  output(pathOf('kubeconform'), '-strict', '-schema-location', location, file);
}

function scores(file: string) {
  const ignored = Object.keys(EXCEPTIONS).flatMap((test) => ['--ignore-test', test]);
  output(
    pathOf('kube-score'),
    'score',
    '--output-format',
    'ci',
    '--exit-one-on-warning',
    ...ignored,
    file,
  );
}

async function compose() {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    await composeSchema(),
  );
  const file = join(import.meta.dirname, '../../compose.yaml');
  if (!validate(parse(readFileSync(file, 'utf8'), { merge: true }))) {
    throw new Error(JSON.stringify(validate.errors, undefined, 2));
  }
}

async function step(name: string, work: () => unknown) {
  try {
    await work();
    say(`✓ ${name}`);
  } catch (error) {
    say(`✗ ${name}\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function rendered(name: string, render: () => string) {
  const file = join(folder, `${name}.yaml`);
  await step(`${name}: renders`, () => writeFileSync(file, render()));
  await step(`${name}: kubeconform`, () => conforms(file));
  await step(`${name}: kube-score`, () => scores(file));
}

try {
  await installTools(say, 'kustomize', 'helm', 'kubeconform', 'kube-score');
  await rendered('base', () => kustomize('base'));
  for (const name of overlays) await rendered(name, () => kustomize(`overlays/${name}`));
  await step('chart: lint', helmLint);
  await rendered('chart', () => helmTemplate());
  await step('compose.yaml: schema', compose);
  for (const [test, why] of Object.entries(EXCEPTIONS)) say(`  kube-score without ${test}: ${why}`);
} finally {
  rmSync(folder, { recursive: true });
}
