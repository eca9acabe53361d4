import { describe, expect, it } from 'vitest';
import { ConfigError, readClientConfig, readConfig } from './config.ts';

const complaint = (env: Record<string, string>) => {
  try {
    readConfig(env);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
};

describe('the configuration', () => {
  it('needs no setting', () => {
    expect(readConfig({})).toEqual({
      platform: 'embedded',
      host: '127.0.0.1',
      port: 3000,
      publicOrigin: undefined,
      dataDir: './data',
      orderExpirationSeconds: 900,
      maxHolds: 4,
      holdPauses: [60, 300, 900],
      listingsPerHour: 30,
      listingsPerDay: 200,
      editsPerMinute: 10,
      decline: 'cancel',
      listenersPerKey: 20,
      webhooksToLoopback: false,
      declinesPerAccount: 5,
      declinesPerAddress: 10,
      declinesPerOrder: 3,
      allowTestPayments: false,
      currency: 'usd',
      rateLimits: true,
      hstsSubdomains: false,
      trustedProxies: undefined,
      logLevel: 'info',
      eventsKeptDays: 30,
      eventsMaxBytes: 1_073_741_824,
      compressEvents: false,
      natsReplicas: 1,
    });
  });

  it('takes an empty setting for one that is not given', () => {
    expect(readConfig({ PORT: '', PUBLIC_ORIGIN: '', CURRENCY: '' })).toEqual(readConfig({}));
  });

  it.each([
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '80.5', 'a whole number from 0 to 65535'],
    ['ORDER_EXPIRATION_SECONDS', '0', 'a whole number from 1 to 86400'],
    ['ORDER_EXPIRATION_SECONDS', '86401', 'a whole number from 1 to 86400'],
    ['ORDER_EXPIRATION_SECONDS', 'soon', 'a whole number from 1 to 86400'],
    ['MAX_HOLDS', '0', 'a whole number from 1 to 100'],
    ['DECLINE', 'never', 'cancel or retry'],
    ['HOLD_PAUSES', '60,', 'seconds such as 60,300,900'],
    ['HOLD_PAUSES', '1m', 'seconds such as 60,300,900'],
    ['PUBLIC_ORIGIN', 'tickets.example', 'https://tickets.example'],
    ['PUBLIC_ORIGIN', 'ftp://tickets.example', 'https://tickets.example'],
    ['PUBLIC_ORIGIN', 'https://tickets.example/', 'an origin such as https://tickets.example'],
    ['PUBLIC_ORIGIN', 'https://tickets.example/shop', 'an origin such as https://tickets.example'],
    ['CURRENCY', 'dollars', 'ISO 4217'],
    ['API_ORIGIN', 'http://api:3000/', 'an origin such as http://127.0.0.1:3000'],
    ['RATE_LIMITS', 'no', 'expected on or off'],
    ['LOG_LEVEL', 'loud', 'expected one of fatal'],
    ['TRUSTED_PROXIES', 'my-proxy', 'addresses or networks such as 10.0.0.0/8'],
    ['TRUSTED_PROXIES', '10.0.0.1,', 'addresses or networks'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'addresses or networks'],
    ['TRUSTED_PROXIES', '::1/0', 'addresses or networks'],
    ['PLATFORM', 'kubernetes', 'expected embedded or distributed'],
    ['MONGODB_URL', 'localhost:27017', 'mongodb://user:password@host:27017'],
    ['NATS_URL', 'nats://a:4222,b:4222', 'nats://user:password@host:4222'],
    ['NATS_REPLICAS', '0', 'a whole number from 1 to 5'],
    ['EVENTS_KEPT_DAYS', '0', 'a whole number from 1 to 3650'],
    ['EVENTS_MAX_BYTES', '1000', 'a whole number from 1048576 to 1125899906842624'],
    ['REDIS_URL', 'http://localhost', 'redis://user:password@host:6379'],
    ['NAMESPACE', 'Staging', 'a small letter'],
  ])('names %s=%s, and what was expected', (name, value, expected) => {
    expect(complaint({ [name]: value })).toContain(`${name}=${value}`);
    expect(complaint({ [name]: value })).toContain(expected);
  });

  it('needs NATS on the distributed platform', () => {
    expect(complaint({ PLATFORM: 'distributed' })).toContain('NATS_URL is not set');
  });

  it('never shows a password', () => {
    expect(complaint({ REDIS_URL: 'http://fairseat:secret:@/ret@localhost' })).not.toMatch(
      /secret|ret@/,
    );
    expect(complaint({ REDIS_URL: 'http://localhost/?sentinelPassword=secret' })).not.toContain(
      'secret',
    );
  });

  it.each([
    ['STRIPE_SECRET_KEY', 'pk_live_4242', 'a secret or restricted key of Stripe'],
    ['STRIPE_SECRET_KEY', 'sk_live_42 42', 'a secret or restricted key of Stripe'],
    ['STRIPE_PUBLISHABLE_KEY', 'sk_live_4242', 'a publishable key of Stripe'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_42;whsec_43', 'separated by commas'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_42,', 'separated by commas'],
  ])('never shows a %s, not even a wrong one', (name, value, expected) => {
    const told = complaint({ [name]: value });
    expect(told).toContain(`${name}=…: expected ${expected.startsWith('a') ? expected : ''}`);
    expect(told).toContain(expected);
    expect(told).not.toContain('42');
  });

  it('takes several webhook secrets', () => {
    const { stripeWebhookSecrets } = readConfig({ STRIPE_WEBHOOK_SECRETS: 'whsec_1,whsec_2' });
    expect(stripeWebhookSecrets).toEqual(['whsec_1', 'whsec_2']);
  });

  it('names every wrong setting at once', () => {
    expect(complaint({ PORT: 'x', CURRENCY: 'y' })).toMatch(/PORT=x.*CURRENCY=y/s);
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('lets rate limits be off on %s', (host) => {
    expect(readConfig({ HOST: host, RATE_LIMITS: 'off' }).rateLimits).toBe(false);
  });

  it('keeps rate limits on where others can reach it', () => {
    expect(complaint({ HOST: '0.0.0.0', RATE_LIMITS: 'off' })).toMatch(/RATE_LIMITS=off.*loopback/);
  });
});

describe('the configuration of the pages alone', () => {
  const apiOrigin = 'http://api.internal:3000';

  it('needs to know where the API is, and no engine', () => {
    expect(() => readClientConfig({})).toThrow('API_ORIGIN is not set');
    const config = readClientConfig({ API_ORIGIN: apiOrigin, PLATFORM: 'distributed' });
    expect(config.apiOrigin).toBe(apiOrigin);
  });
});
