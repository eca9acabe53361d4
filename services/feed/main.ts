import { run } from '@fairseat/common/kit';
import { openDistributed } from '@fairseat/platform/distributed';
import { feed } from './service.ts';

await run(feed, openDistributed);
