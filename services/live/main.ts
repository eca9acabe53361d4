import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { live } from './service.ts';

await run(live, openDistributed);
