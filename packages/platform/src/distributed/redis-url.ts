import { withoutPassword } from '@fairseat/common/errors';
import { EngineError } from './engine.ts';

interface Several {
  hosts: { host: string; port: number }[];
  isSecure: boolean;
  username: string;
  password: string;
}

export type RedisAddress =
  | { kind: 'server'; isSecure: boolean; url: string }
  | (Several & { kind: 'cluster' })
  | (Several & {
      kind: 'sentinel';
      /** The name of the master that they watch. */
      master: string;
      sentinelUsername: string;
      sentinelPassword: string;
    });

const ONE = 'redis://user:password@host:6379';
const SEVERAL =
  'redis+sentinel://user:password@host:26379,other:26379/master or redis+cluster://user:password@host:6379,other:6379';
const PARTS = /^(rediss?)\+(sentinel|cluster):\/\/(?:(.*)@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads the address of one server, of the Sentinels that know the master (`redis+sentinel://host,other/master`, with
 * `?sentinelUsername=…&sentinelPassword=…` if they ask for them), or of some servers of a cluster
 * (`redis+cluster://host,other`). With `rediss`, all connections are encrypted. @throws EngineError
 */
export function parseRedisUrl(url: string): RedisAddress {
  const { protocol } = URL.canParse(url) ? new URL(url) : {};
  if (protocol === 'redis:' || protocol === 'rediss:') {
    return { kind: 'server', isSecure: protocol === 'rediss:', url };
  }
  const [, scheme, kind, login = '', list = '', path = '', query] = PARTS.exec(url) ?? [];
  const hosts = list.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379));
  const isFit =
    hosts.every((host) => host !== undefined) && (kind === 'sentinel') === (path !== '');
  if (!scheme || !isFit) {
    throw new EngineError(
      `REDIS_URL: ${withoutPassword(url)} is no address of a server. Expected one such as ${scheme ? SEVERAL : ONE}.`,
    );
  }
  const [username = '', password = ''] = [...login.split(/:(.*)/s)].map(decodeURIComponent);
  const several = { hosts, isSecure: scheme === 'rediss', username, password };
  if (kind === 'cluster') return { kind, ...several };
  const others = new URLSearchParams(query);
  return {
    kind: 'sentinel',
    ...several,
    master: decodeURIComponent(path),
    sentinelUsername: others.get('sentinelUsername') ?? '',
    sentinelPassword: others.get('sentinelPassword') ?? '',
  };
}

function parseHost(text: string, otherwise: number) {
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : undefined;
  // An IPv6 address stands in brackets.
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1');
  return host ? { host, port: Number(url?.port) || otherwise } : undefined;
}
