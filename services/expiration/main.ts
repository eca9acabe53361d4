import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { expiration } from './service.ts';

await run(expiration, openDistributed);
