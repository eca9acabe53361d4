/** Which service has which paths, for a process that is told so and contains none of them. */
import type { Service } from '@fairseat/common/kit';

/** What a router needs to know of a service. */
export type Part = Pick<Service, 'name' | 'prefixes' | 'webhooks'>;

/**
 * Reads `http://auth:3000/api/users http://payments:3000/api/payments`: services are called as their hosts are.
 * @throws what is wrong with it.
 */
export function readParts(text = ''): { parts: Part[]; origins: Map<string, string> } {
  const urls = text
    .split(/\s+/)
    .filter(Boolean)
    .map((url) => {
      const { protocol, origin, hostname, pathname } = URL.parse(url) ?? {};
      if (
        protocol !== 'http:' ||
        !hostname ||
        !origin ||
        !/^\/api\/[a-z-]+$/.test(pathname ?? '')
      ) {
        throw new Error(`API_PARTS has ${url}: expected one such as http://auth:3000/api/users`);
      }
      return { name: hostname, origin, prefix: pathname ?? '' };
    });
  if (urls.length === 0) throw new Error('API_PARTS is not set: expected where the services are');
  const parts = [...Map.groupBy(urls, ({ name }) => name)].map(([name, paths]) => ({
    name,
    prefixes: paths.map(({ prefix }) => prefix),
  }));
  return { parts, origins: new Map(urls.map(({ name, origin }) => [name, origin])) };
}
