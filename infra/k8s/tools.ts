/** The programs that read manifests, built from the Go module proxy, and the schemas that they are held to. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cache, go, goProgram, kept, telling } from '@fairseat/servers/install';
import { schemasOfCrds, schemasOfKubernetes } from './schemas.ts';

const KUBERNETES = 'k8s.io/kubernetes@v1.37.2';
const GATEWAY_API = 'sigs.k8s.io/gateway-api@v1.6.1';
const COMPOSE = 'github.com/compose-spec/compose-go/v2@v2.16.2';
const schemas = join(cache, 'kubernetes-schemas-1.37.2');

const programs = {
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.2',
  helm: 'helm.sh/helm/v4/cmd/helm@v4.3.1',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  'kube-score': 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0',
};

export type Tool = keyof typeof programs;

const folderOf = (tool: Tool) => join(cache, programs[tool].replaceAll('/', '-'));

/** Where the program is, once it was built. */
export const pathOf = (tool: Tool) => join(folderOf(tool), tool);

/** True when all of them are there already. */
export const haveTools = (...tools: Tool[]) => tools.every((tool) => existsSync(pathOf(tool)));

/**
 * Builds those that are not there yet, one after the other, since each takes all cores.
 * @throws what to do where it cannot.
 */
export async function installTools(say: (line: string) => void, ...tools: Tool[]): Promise<void> {
  for (const tool of tools) {
    await telling(tool, say, () => goProgram(programs[tool], tool)).catch((error: Error) => {
      throw new Error(`There is no ${tool}. Install Go. What was tried: ${error.message}`, {
        cause: error,
      });
    });
  }
}

/** A folder of JSON schemas, one for each kind of Kubernetes and of Gateway API, that allow nothing else. */
export const kubernetesSchemas = () =>
  kept(schemas, async (folder) => {
    const source = await moduleFolder(KUBERNETES);
    const swagger = await readFile(join(source, 'api/openapi-spec/swagger.json'), 'utf8');
    const crds = join(await moduleFolder(GATEWAY_API), 'config/crd/standard');
    await mkdir(folder, { recursive: true });
    for (const [name, schema] of [...schemasOfKubernetes(swagger), ...schemasOfCrds(crds)]) {
      await writeFile(join(folder, `${name}.json`), JSON.stringify(schema));
    }
  });

/** The JSON schema of compose.yaml. */
export async function composeSchema(): Promise<object> {
  const path = join(await moduleFolder(COMPOSE), 'schema/compose-spec.json');
  return JSON.parse(await readFile(path, 'utf8'));
}

async function moduleFolder(module: string): Promise<string> {
  return JSON.parse(await go(['mod', 'download', '-json', module])).Dir;
}
