import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { createAuth, createPasswords } from './service.ts';

await run(
  {
    name: 'auth',
    create: async (signSession) => createAuth({ signSession, passwords: await createPasswords() }),
  },
  openDistributed,
);
