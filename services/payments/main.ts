import { run } from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { openDistributed } from '@fairseat/platform/distributed';
import { payments } from './service.ts';

await run(payments, openDistributed, chooseGateway);
