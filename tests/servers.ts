/** Has the servers of the distributed platform running before any test begins. */
import { startServers } from '@fairseat/servers';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where they are; nowhere on a machine that has none and cannot get them. */
    servers: { mongodbUrl: string; natsUrl: string; redisUrl: string } | undefined;
  }
}

let missing: Error | undefined;

export async function setup(project: TestProject) {
  try {
    const servers = await startServers({ say: console.log });
    const urlOf = (name: string) => servers.find(({ setting }) => setting === name)?.url ?? '';
    project.provide('servers', {
      mongodbUrl: urlOf('MONGODB_URL'),
      natsUrl: urlOf('NATS_URL'),
      redisUrl: urlOf('REDIS_URL'),
    });
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    missing = error as Error;
    project.provide('servers', undefined);
  }
}

/** Said last, where it is seen. */
export function teardown() {
  if (missing) console.log(`\nNOT RUN: the tests of the distributed platform. ${missing.message}`);
}
