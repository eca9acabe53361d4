/** What the folders of manifests and the chart come to. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { pathOf } from './tools.ts';

/** An object of Kubernetes. */
export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own, which kubeconform checks.
  spec: any;
  data?: Record<string, string>;
}

const chart = join(import.meta.dirname, '../chart');

/** The overlays, by their names. */
export const overlays = readdirSync(join(import.meta.dirname, 'overlays'));

/** What `kubectl kustomize` prints for `base`, `engines` or `overlays/…`. @throws what is wrong with it. */
export const kustomize = (folder: string) =>
  output(pathOf('kustomize'), 'build', join(import.meta.dirname, folder));

/** What `helm install` would apply. @throws what is wrong with it. */
export const helmTemplate = (...options: string[]) =>
  output(pathOf('helm'), 'template', 'fairseat', chart, ...options);

/** @throws what is wrong with the chart. */
export const helmLint = () => output(pathOf('helm'), 'lint', '--strict', '--quiet', chart);

export const manifestsOf = (yaml: string): Manifest[] =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS())
    .filter(Boolean);

/** @throws with what it printed. */
export function output(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 26 });
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(stdout + stderr || message, { cause: error });
  }
}
