import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { RateLimiter } from '../../ports/index.ts';

type Address = ReturnType<typeof ipaddr.process>;

/** Reads `203.0.113.7`, `203.0.113.7:80`, `[2001:db8::1]` or `[2001:db8::1]:80`; undefined for what is no address. */
function addressIn(text: string): Address | undefined {
  const [, v6, v4] = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const bare = (v6 ?? v4 ?? text).trim();
  return isIP(bare) ? ipaddr.process(bare) : undefined;
}

/**
 * The networks that an address is counted in, narrow ones first: an IPv4 address, or the /64 and the /48 of an IPv6
 * one, since a client with one address of a /64 usually has all, and some have a /48. Whatever is no address, such as
 * the `unknown` of a proxy, is one network.
 */
export function networksOf(text: string): [narrow: string, wide?: string] {
  const address = addressIn(text);
  if (address === undefined) return ['unknown'];
  if (address.kind() === 'ipv4') return [address.toString()];
  const groups = address.toNormalizedString().split(':');
  return [groups.slice(0, 4).join(':'), `${groups.slice(0, 3).join(':')}/48`];
}

/** A /48 may do as much as this many of its /64. */
const WIDE_FACTOR = 10;

interface NetworkLimit {
  count: number;
  perSeconds: number;
}

/** Counts by each network of an address, and by `what` beside it; the longest time until there is room counts. */
export function networkLimiter(
  create: (name: string, limit: NetworkLimit) => RateLimiter,
  name: string,
  limit: NetworkLimit,
) {
  const limiters = [
    create(name, limit),
    create(`${name}-wide`, { ...limit, count: limit.count * WIDE_FACTOR }),
  ];
  const ofEach =
    <T>(act: (limiter: RateLimiter, key: string) => Promise<T>) =>
    (address: string, what = '') =>
      Promise.all(
        networksOf(address).flatMap((network, index) => {
          const limiter = limiters[index];
          return network && limiter ? [act(limiter, `${network} ${what}`.trim())] : [];
        }),
      );
  const longest = (answers: { retryAfterSeconds: number }[]) => ({
    retryAfterSeconds: Math.max(...answers.map(({ retryAfterSeconds }) => retryAfterSeconds)),
  });
  const count = ofEach((limiter, key) => limiter.count(key));
  const peek = ofEach((limiter, key) => limiter.peek(key));
  return {
    count: async (address: string, what?: string) => longest(await count(address, what)),
    peek: async (address: string, what?: string) => longest(await peek(address, what)),
    uncount: ofEach((limiter, key) => limiter.uncount(key)),
    forget: ofEach((limiter, key) => limiter.forget(key)),
  };
}

export const isLoopback = (text: string): boolean => addressIn(text)?.range() === 'loopback';

/** Whether an address belongs to the internet: to no private network, nor to a special one. */
export const isPublic = (text: string): boolean => addressIn(text)?.range() === 'unicast';

/** Names for networks in `TRUSTED_PROXIES`, with the ranges that they mean. */
const NAMED: Record<string, string[]> = {
  loopback: ['loopback'],
  linklocal: ['linkLocal'],
  uniquelocal: ['uniqueLocal', 'private'],
};

/** Returns a function that tells whether an address, however spelled, is in the list of addresses and networks. */
export function isAmong(list: string): (text: string) => boolean {
  const tests = list.split(',').map((entry) => {
    const [network = '', bits] = entry.trim().split('/');
    const ranges = NAMED[network];
    if (ranges) return (address: Address) => ranges.includes(address.range());
    const given = ipaddr.parse(network);
    const base = ipaddr.process(network);
    const longest = base.kind() === 'ipv4' ? 32 : 128;
    // Of an IPv4 address that is spelled as IPv6, 96 bits say only that.
    const length = Number(bits ?? longest) - (bits && given.kind() !== base.kind() ? 96 : 0);
    return (address: Address) => address.kind() === base.kind() && address.match(base, length);
  });
  return (text) => {
    const address = addressIn(text);
    return address !== undefined && tests.some((test) => test(address));
  };
}
