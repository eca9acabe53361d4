/** Limits count the visitor, also where pages and API share a process. */

import { Caller } from '@fairseat/test-support/process';
import { describe, it } from 'vitest';
import { expect, siteForAll } from './site.ts';
import { guessingStopsOneVisitorAlone } from './stories.ts';

const site = siteForAll({ env: { RATE_LIMITS: 'on' } });

describe('the limits on guessing', () => {
  it('count the visitor of the pages, and nobody else', () => guessingStopsOneVisitorAlone(site));

  it('are not escaped by a request that claims to come from the pages', async () => {
    const caller = new Caller(site.url);
    const guess = async (number: number) => {
      const body = { email: 'forged@example.com', password: 'a guess' };
      const headers = { 'x-client-key': 'a guess', 'x-forwarded-for': `203.0.113.${number}` };
      return (await caller.send('POST', '/api/users/signin', body, headers))?.status;
    };
    for (let number = 1; number <= 5; number++) expect(await guess(number)).toBe(400);
    expect(await guess(6)).toBe(429);
  });
});
