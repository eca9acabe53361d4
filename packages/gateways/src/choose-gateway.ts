import type { Config } from '@fairseat/common/kit';
import type { OpenGateway } from '@fairseat/common/ports';
import { openTestGateway } from './test/test-gateway.ts';

/** Returns the configured gateway. There is only one, which moves no money. */
export const chooseGateway: (config: Config) => OpenGateway = () => openTestGateway;
