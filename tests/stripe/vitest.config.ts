import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const source = '@fairseat/source';

export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: [source, 'node'], externalConditions: [source, 'node'] } },
  test: {
    include: ['tests/stripe/against-stripe.ts'],
    // Stripe refuses what comes too fast.
    maxConcurrency: 1,
    testTimeout: 120_000,
    provide: {
      stripe: {
        secretKey: process.env['STRIPE_SECRET_KEY'] ?? '',
        server: process.env['STRIPE_SERVER'],
      },
    },
  },
});

declare module 'vitest' {
  interface ProvidedContext {
    stripe: { secretKey: string; server: string | undefined };
  }
}
