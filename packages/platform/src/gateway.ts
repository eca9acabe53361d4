import type { OpenGateway, PaymentGateway, Platform } from '@fairseat/common/ports';

/** Opens the gateway on first use, so that services that take no money never open its tables. */
export function openWhenAsked(
  openGateway: OpenGateway | undefined,
  platform: Pick<Platform, 'clock' | 'table'>,
): () => PaymentGateway {
  let gateway: PaymentGateway | undefined;
  return () => {
    if (!openGateway) throw new Error('The platform was given no payment gateway');
    gateway ??= openGateway(platform);
    return gateway;
  };
}
