import { join } from 'node:path';

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  // Nothing uses the optimizer, and it would keep a file for each spelling of an address.
  images: { unoptimized: true },
  // The root's TypeScript checks this folder too; it has no API that Next.js could call.
  typescript: { ignoreBuildErrors: true },
  experimental: { authInterrupts: true, serverActions: { bodySizeLimit: '16kb' } },
  turbopack: { root: join(import.meta.dirname, '..') },
};
