import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { tickets } from './service.ts';

await run(tickets, openDistributed);
