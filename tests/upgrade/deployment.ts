/** Services of several versions side by side on the same servers, behind one address. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig, type Service } from '@fairseat/common/kit';
import { createInnerRouter } from '@fairseat/front';
import { createServices } from '@fairseat/marketplace/services';
import { type Process, READY, startProgram, temporaryFolder } from '@fairseat/test-support/process';
import { makeSessionKeys } from '../../infra/distributed/session-keys.ts';
import type { Version } from './versions.ts';

interface Member {
  service: string;
  version: Version;
  process: Process;
}

type Env = Record<string, string>;

const mainOf = (service: string) => `services/${service}/main.ts`;

export class Deployment {
  url = '';
  readonly isReady = true;
  readonly #services: Service[] = createServices();
  readonly #env: Env;
  readonly #folder = temporaryFolder();
  readonly #started: Promise<Process>[] = [];
  readonly #closing = new AbortController();
  #router: { close(): Promise<unknown> } | undefined;
  #keys = { privateFile: '', publicFile: '' };
  #members: Member[] = [];
  #turn = 0;

  private constructor(env: Env) {
    this.#env = env;
  }

  static async open(env: Env): Promise<Deployment> {
    const deployment = new Deployment(env);
    deployment.#keys = await makeSessionKeys(deployment.#folder.path);
    const config = readConfig({ LOG_LEVEL: 'silent' });
    const router = await createInnerRouter(deployment, deployment.#services, config);
    deployment.#router = router;
    deployment.url = await router.listen({ host: '127.0.0.1', port: 0 });
    return deployment;
  }

  /** The address of a process of this service, each in its turn. */
  urlOf(service: string): string | undefined {
    const here = this.#members.filter((member) => member.service === service);
    return here[this.#turn++ % here.length]?.process.url;
  }

  /** Starts a process of each service that the version has; resolves once they are ready. @throws Error with what one said that has ended. */
  async start(version: Version) {
    const isThere = ({ name }: Service) => existsSync(join(version.from, mainOf(name)));
    const members = this.#services
      .filter(isThere)
      .map((service) => this.#startService(service, version));
    this.#members.push(...(await Promise.all(members)));
  }

  async #startService({ name, needs }: Service, version: Version): Promise<Member> {
    const { privateFile, publicFile } = this.#keys;
    const signs = needs.includes('signSession');
    const env = { ...this.#env, SESSION_KEY_FILE: signs ? privateFile : publicFile };
    const options = { ...version, upAt: READY, signal: this.#closing.signal };
    const started = startProgram(mainOf(name), env, options);
    this.#started.push(started);
    const process = await started;
    if (process.url !== undefined) return { service: name, version, process };
    throw new Error(`${name} of ${version.name} does not start: ${process.output().stderr}`);
  }

  /** Sends its processes no more requests, and resolves once they have ended. */
  async stop(version: Version) {
    const { leaving = [], staying = [] } = Object.groupBy(this.#members, (member) =>
      member.version === version ? 'leaving' : 'staying',
    );
    this.#members = staying;
    await Promise.all(leaving.map(({ process }) => process.end('SIGTERM')));
  }

  /** What all its processes have printed, also those that have ended. */
  async printed(): Promise<string> {
    const processes = await Promise.all(this.#started);
    return processes.map((process) => process.output().stdout).join('');
  }

  async close() {
    this.#closing.abort();
    await Promise.all((await Promise.all(this.#started)).map(({ exited }) => exited));
    await this.#router?.close();
    this.#folder[Symbol.dispose]();
  }
}
