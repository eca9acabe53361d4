/** Records as pages read them: `'other'` wherever the services, of a newer release, have a value that is not known here. */
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { PaymentOptions } from '@fairseat/common/contracts/payment-options';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { Open } from '@fairseat/common/open-schema';

export type OpenTicket = Open<TicketRecord>;
export type OpenOrder = Open<OrderRecord>;
export type OpenCharge = Open<ChargeRecord>;
export type OpenOptions = Open<Omit<PaymentOptions, 'form'>> & Pick<PaymentOptions, 'form'>;
