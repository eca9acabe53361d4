import { join } from 'node:path';

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  // Nothing uses the optimizer, which would store a file for each spelling of an address.
  images: { unoptimized: true },
  // The root's `tsc` checks this folder too. TypeScript 7 has no API that Next.js could call.
  typescript: { ignoreBuildErrors: true },
  experimental: { serverActions: { bodySizeLimit: '16kb' } },
  turbopack: { root: join(import.meta.dirname, '..') },
};
