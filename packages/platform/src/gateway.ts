import type { OpenGateway, PaymentGateway, Platform } from '@fairseat/common/ports';

/** Opens the gateway when it is first asked for: what it keeps is no business of services that take no money. */
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
