import ipaddr from 'ipaddr.js';

/** The network that an address is counted as: for IPv6 its /64, since a client with one of them usually has all. */
export function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toNormalizedString().split(':', 4).join(':');
}

export const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
