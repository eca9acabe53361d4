/** Makes the schemas that kubeconform reads, from what Kubernetes and Gateway API publish with their sources. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  format?: string;
  type?: string | string[];
  [key: string]: unknown;
}

type Named = [name: string, schema: object];

/** As kubeconform asks for it: `deployment-apps-v1`, `service-v1`. */
const nameOf = (kind: string, group: string, version: string) =>
  [kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase();

/** Of each kind in Kubernetes' own description of its API, and the definitions that they share. */
export function schemasOfKubernetes(swagger: string): Named[] {
  const text = swagger.replaceAll('"#/definitions/', '"_definitions.json#/definitions/');
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Schema> };
  for (const [name, schema] of Object.entries(definitions)) definitions[name] = strict(schema);
  // They are numbers or texts: the description has no word for that.
  definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['integer', 'string'] };
  definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['number', 'string'] };
  const kinds = Object.entries(definitions).flatMap(([name, schema]) =>
    (schema['x-kubernetes-group-version-kind'] ?? []).map(
      ({ group, version, kind }): Named => [
        nameOf(kind, group, version),
        { $ref: `_definitions.json#/definitions/${name}` },
      ],
    ),
  );
  return [...kinds, ['_definitions', { definitions }]];
}

/** Of each version of each custom resource in a folder. */
export function schemasOfCrds(folder: string): Named[] {
  return globSync('*.yaml', { cwd: folder }).flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(join(folder, file), 'utf8'));
    const crd = documents.map((document) => document.toJS()).find(isCrd);
    if (!crd) return [];
    const { group, names, versions } = crd.spec;
    return versions.map(
      ({ name, schema }: { name: string; schema: { openAPIV3Schema: Schema } }) => {
        const own = strict(schema.openAPIV3Schema);
        return [
          nameOf(names.kind, group, name),
          { ...own, properties: { ...own.properties, metadata: {} } },
        ];
      },
    );
  });
}

const isCrd = (object: { kind?: string } | null) => object?.kind === 'CustomResourceDefinition';

/** The same, but that it allows no property that it does not name. Formats say how numbers are kept, and are no JSON schema. */
function strict({ format: _, ...schema }: Schema): Schema {
  const properties =
    schema.properties &&
    Object.fromEntries(
      Object.entries(schema.properties).map(([name, value]) => [name, strict(value)]),
    );
  const { additionalProperties: rest } = schema;
  const isClosed =
    properties && rest === undefined && !schema['x-kubernetes-preserve-unknown-fields'];
  return {
    ...schema,
    ...(properties && { properties }),
    ...(schema.items && { items: strict(schema.items) }),
    ...(rest instanceof Object && { additionalProperties: strict(rest) }),
    ...(isClosed && { additionalProperties: false }),
  };
}
