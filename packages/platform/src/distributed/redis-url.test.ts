import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

describe('an address of Redis', () => {
  it('is one server’s', () => {
    const url = 'rediss://user:password@host:6380/2';
    expect(parseRedisUrl(url)).toEqual({ kind: 'server', isSecure: true, url });
  });

  it('is that of Sentinels, with the name of their master', () => {
    const url = 'redis+sentinel://us%40er:p:w%2F@a:1,b,[::1]:3/my%20master';
    expect(parseRedisUrl(url)).toEqual({
      kind: 'sentinel',
      isSecure: false,
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26379 },
        { host: '::1', port: 3 },
      ],
      username: 'us@er',
      password: 'p:w/',
      master: 'my master',
      sentinelUsername: '',
      sentinelPassword: '',
    });
  });

  it('has other credentials for Sentinels', () => {
    const url = 'rediss+sentinel://:secret@a/m?sentinelUsername=watch&sentinelPassword=w%26';
    expect(parseRedisUrl(url)).toMatchObject({
      isSecure: true,
      username: '',
      password: 'secret',
      sentinelUsername: 'watch',
      sentinelPassword: 'w&',
    });
  });

  it('is that of some servers of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://u:p@a,b:2')).toEqual({
      kind: 'cluster',
      isSecure: true,
      hosts: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 2 },
      ],
      username: 'u',
      password: 'p',
    });
  });

  it.each([
    'localhost:6379',
    'http://host',
    'redis+sentinel://host',
    'redis+sentinel://a,,b/m',
    'redis+cluster://host/master',
    'redis+cluster://host:port',
    'redis+sentinel://u:secret@a/',
  ])('%s is refused in one line without the password', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(/^REDIS_URL: .* Expected one such as redis/);
    expect(() => parseRedisUrl(url)).not.toThrow('secret');
  });
});
