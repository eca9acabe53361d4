/** For tests: platforms of one namespace on the real servers, and events and records for them. */

import { type AnyEvent, eventTypes, publisherOf } from '@fairseat/common/events';
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { traceparentOf } from '@fairseat/common/trace-context';
import {
  type DistributedOptions,
  type DistributedPlatform,
  openDistributed,
} from '@fairseat/platform/distributed';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest';
import { Link } from './link.ts';
import { newNamespace, removeNamespace } from './namespaces.ts';

export const servers = inject('servers');
const mongo = new MongoClient(servers.mongodbUrl);
const AT_ONCE = 100;
const services = eventTypes().map(publisherOf);
export const soon = { interval: 20 };

export const id = (n: number) => n.toString(16).padStart(32, '0');
export const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
export const inOrder = (heard: number[]) => heard.toSorted((a, b) => a - b);

export const ended = (n: number): AnyEvent => ({
  specversion: '1.0',
  id: id(n),
  source: 'auth',
  type: 'session.ended',
  subject: id(n),
  time: new Date().toISOString(),
  version: 1,
  correlationid: id(n),
  traceparent: traceparentOf({ traceId: id(n) }, id(n)),
  data: { sessionId: id(n), expiresAt: new Date(n).toISOString() },
});

export interface Thing extends Stored {
  label: string;
}
export const things: TableDefinition<Thing> = {
  name: 'things',
  unique: { label: ({ label }) => label },
};
export const thing = (n: number, version = 1): Thing => ({
  id: id(n),
  version,
  createdAt: new Date(n).toISOString(),
  label: `thing ${n}`,
});

export class Scene {
  namespace = '';
  opened: DistributedPlatform[] = [];
  links: Link[] = [];
  /** The errors that the platforms reported. */
  errors: string[] = [];

  open(options: Partial<DistributedOptions> = {}): DistributedPlatform {
    const platform = openDistributed({
      ...servers,
      namespace: this.namespace,
      deferMs: 2,
      backoffMs: 1,
      ackWaitMs: 2000,
      owns: services,
      onError: (message, error) => this.errors.push(`${message}: ${error}`),
      ...options,
    });
    this.opened.push(platform);
    return platform;
  }

  /** Opens a link to a server, which can be cut. */
  async linkTo(url: string): Promise<Link> {
    const link = await Link.to(url);
    this.links.push(link);
    return link;
  }

  /** The database of a service, past all of our own code. */
  database(service: string): Db {
    return mongo.db(`${this.namespace}_${service}`);
  }

  /** True once a service has said its records again on its present stream. */
  async saidAll(service: string): Promise<boolean> {
    const marker = await this.database(service).collection('streams').findOne({});
    return marker?.['busyUntil'] === 0;
  }
}

/** A fresh one for each test. */
export function useScene(): Scene {
  const scene = new Scene();
  beforeEach(() => {
    Object.assign(scene, { namespace: newNamespace(), opened: [], links: [], errors: [] });
  });
  afterEach(async () => {
    for (const platform of scene.opened) await platform.crash();
    for (const link of scene.links) await link.close();
    await removeNamespace(servers, scene.namespace);
  });
  afterAll(() => mongo.close());
  return scene;
}

/** A connection to NATS past all of our own code, for all tests of a file. */
export function useNats() {
  const nats = {} as { connection: NatsConnection; admin: JetStreamManager };
  beforeAll(async () => {
    nats.connection = await connect({ servers: servers.natsUrl });
    nats.admin = await jetstreamManager(nats.connection);
  });
  afterAll(() => nats.connection.close());
  return nats;
}

/** The numbers of the events that a group receives in this process. */
export function hearing(platform: DistributedPlatform, group: string): number[] {
  const heard: number[] = [];
  platform.bus.consume(group, {
    'session.ended': async ({ subject }) => {
      heard.push(Number.parseInt(subject, 16));
    },
  });
  return heard;
}

/** Publishes in parts: the server syncs each event to its disk, and would acknowledge the last of all too late. */
export async function publishAll(platform: DistributedPlatform, count: number) {
  for (const rest = numbers(count); rest.length > 0; ) {
    await Promise.all(rest.splice(0, AT_ONCE).map((n) => platform.bus.publish(ended(n))));
  }
}
