import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { createAuth } from './service.ts';

await run(createAuth(), openDistributed);
