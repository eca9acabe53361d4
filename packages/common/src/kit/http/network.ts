import ipaddr from 'ipaddr.js';

/** Whom an address is counted as: whoever has one IPv6 address usually has 2^64 of them. */
export function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toNormalizedString().split(':', 4).join(':');
}
