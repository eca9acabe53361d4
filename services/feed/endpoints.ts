import { randomBytes } from 'node:crypto';
import type { Entry, Registry } from '@fairseat/common/ports';

const OF_OPERATOR = 'endpoint.';
const OF_DELIVERY = 'progress.';
const SECRET_BYTES = 32;
const ROTATED_MS = 24 * 60 * 60 * 1000;

/** Where events are sent to, as an operator has said. Times are ISO 8601. */
export interface Endpoint {
  name: string;
  url: string;
  types: string;
  createdAt: string;
  /** All sign: the newest, and the one before until that time. */
  secrets: { secret: string; until?: string }[];
  /** Behind which cursor to begin, or `now`, or `here` for where it is; and when that was said, which makes it happen once. */
  begin: { after: string; at: string };
}

/** How far it is, as the process that delivers has noted. */
export interface Progress {
  /** The `begin.at` that was followed last. */
  begunAt: string;
  after: string;
  failures: number;
  failingSince?: string;
  nextAt?: string;
  reason?: string;
  disabledAt?: string;
}

export interface Delivering {
  endpoint: Endpoint;
  progress: Progress | undefined;
  /** Of the progress; 0 where there is none. */
  revision: number;
}

const newSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** Those among these entries, by name. */
export function endpointsIn(entries: Entry[]): Delivering[] {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const own = entries.filter(({ key }) => key.startsWith(OF_OPERATOR));
  return own.map(({ value }) => {
    const endpoint = value as Endpoint;
    const noted = byKey.get(OF_DELIVERY + endpoint.name);
    const progress = noted?.value as Progress | undefined;
    return { endpoint, progress, revision: noted?.revision ?? 0 };
  });
}

/** @throws VersionConflict when it was noted by another process. */
export const noteProgress = (
  registry: Registry,
  name: string,
  progress: Progress,
  revision: number,
): Promise<number> => registry.put(OF_DELIVERY + name, progress, revision);

/** Adds one, which begins with what happens now. Answers its secret; undefined when the name is taken. */
export async function addEndpoint(
  registry: Registry,
  { name, url, types, now }: { name: string; url: string; types: string; now: string },
): Promise<string | undefined> {
  if (await find(registry, name)) return undefined;
  const secret = newSecret();
  const begin = { after: 'now', at: now };
  const endpoint: Endpoint = { name, url, types, createdAt: now, secrets: [{ secret }], begin };
  await registry.put(OF_OPERATOR + name, endpoint, 0);
  return secret;
}

/** Gives it a new secret, beside which the one before signs for a day. Undefined when there is none of that name. */
export async function rotateSecret(
  registry: Registry,
  name: string,
  now: string,
): Promise<string | undefined> {
  const secret = newSecret();
  const until = new Date(Date.parse(now) + ROTATED_MS).toISOString();
  const isChanged = await change(registry, name, (endpoint) => {
    const [before] = endpoint.secrets;
    return { ...endpoint, secrets: [{ secret }, ...(before ? [{ ...before, until }] : [])] };
  });
  return isChanged ? secret : undefined;
}

/** Sends events again from behind a cursor, or goes on where it was (`here`), also where it was disabled. */
export const beginAgain = (registry: Registry, name: string, after: string, now: string) =>
  change(registry, name, (endpoint) => ({ ...endpoint, begin: { after, at: now } }));

/** Ends one. Answers whether there was one. */
export async function endEndpoint(registry: Registry, name: string): Promise<boolean> {
  const entry = await find(registry, name);
  await registry.remove(OF_OPERATOR + name);
  await registry.remove(OF_DELIVERY + name);
  return entry !== undefined;
}

const find = async (registry: Registry, name: string) =>
  (await registry.list()).find(({ key }) => key === OF_OPERATOR + name);

async function change(
  registry: Registry,
  name: string,
  to: (endpoint: Endpoint) => Endpoint,
): Promise<boolean> {
  const entry = await find(registry, name);
  if (!entry) return false;
  await registry.put(entry.key, to(entry.value as Endpoint), entry.revision);
  return true;
}
