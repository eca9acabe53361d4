import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { payments } from './service.ts';

await run(payments, openDistributed);
