import type { Config } from '@fairseat/common/kit';
import type { OpenGateway } from '@fairseat/common/ports';
import { openTestGateway } from './test/test-gateway.ts';

/** The gateway that the configuration asks for. There is one, and it moves no money. */
export const chooseGateway: (config: Config) => OpenGateway = () => openTestGateway;
