import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { orders } from './service.ts';

await run(orders, openDistributed);
