/** The cookies of a client, as the header that it sends. */

const pairsOf = (cookie: string): [name: string, pair: string][] =>
  cookie
    .split('; ')
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair]);

/** What a client sends that sent `cookie` and received these `Set-Cookie` lines. A cookie without a value is dropped. */
export function keptCookies(cookie: string, lines: string[]): string {
  const jar = new Map(pairsOf(cookie));
  for (const [name, pair] of lines.flatMap((line) => pairsOf(line.split(';')[0] ?? ''))) {
    if (pair === `${name}=`) jar.delete(name);
    else jar.set(name, pair);
  }
  return [...jar.values()].join('; ');
}

/** The value of the cookie of this name; empty when there is none. */
export const cookieNamed = (name: string, cookie = ''): string =>
  new Map(pairsOf(cookie)).get(name)?.slice(name.length + 1) ?? '';
