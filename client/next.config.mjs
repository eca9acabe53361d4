import { join } from 'node:path';

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  // The root's TypeScript checks this folder too; it has no API that Next.js could call.
  typescript: { ignoreBuildErrors: true },
  experimental: { serverActions: { bodySizeLimit: '16kb' } },
  turbopack: { root: join(import.meta.dirname, '..') },
};
