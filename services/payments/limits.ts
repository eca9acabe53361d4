/** How many cards may be declined before the gateway is asked no more: who tries stolen ones needs many. */
import { Problem } from '@fairseat/common/errors';
import { countIn, mustHaveRoom, networkLimiter, type ServiceContext } from '@fairseat/common/kit';
import type { Payment } from './charge.ts';

/** By whom, from where and for what something is paid. */
interface Attempt {
  userId: string;
  address: string;
  orderId: string;
}

type Quotas = Parameters<typeof countIn>[0];

const HOUR = 3600;
/** Each asks the gateway, and nobody is at their bank more often. */
const LOOKS_PER_MINUTE = 20;

export function createLimits({ rateLimiter, config }: ServiceContext<'rateLimiter'>) {
  const { declinesPerAccount, declinesPerAddress, declinesPerOrder } = config;
  const perHour = (count: number) => ({ count, perSeconds: HOUR });
  const byAccount = rateLimiter('declines-account', perHour(declinesPerAccount));
  const byAddress = networkLimiter(rateLimiter, 'declines-address', perHour(declinesPerAddress));
  const byOrder = rateLimiter('declines-order', perHour(declinesPerOrder));

  const looks = rateLimiter('declines-looked-for', { count: LOOKS_PER_MINUTE, perSeconds: 60 });

  /** A buyer holds few orders, and pays for each with one card at a time. */
  const own = ({ userId, orderId }: Attempt) => [
    {
      ...{ limiter: byOrder, key: orderId },
      refusal: `A payment of one order may be declined ${declinesPerOrder} times an hour.`,
    },
    {
      ...{ limiter: byAccount, key: userId },
      refusal: `Your payments were declined ${declinesPerAccount} times within an hour.`,
    },
  ];
  /** Many people pay from one network at the same moment, so only what was declined counts there. */
  const shared = ({ address }: Attempt) => [
    {
      ...{ limiter: byAddress, key: address },
      refusal: `Payments from your network were declined ${declinesPerAddress} times within an hour.`,
    },
  ];
  const count = (quotas: Quotas) =>
    Promise.all(quotas.map(({ limiter, key }) => limiter.count(key)));

  return {
    /** Runs an attempt, which counts if it is declined. @throws Problem (429) before it; whatever `pay` throws. */
    async paying(by: Attempt, pay: () => Promise<Payment>): Promise<Payment> {
      await mustHaveRoom(shared(by));
      const takeBack = await countIn(own(by));
      let wasDeclined = false;
      try {
        const payment = await pay();
        wasDeclined = isDeclined(payment);
        return payment;
      } catch (error) {
        wasDeclined = error instanceof Problem && error.status === 400;
        throw error;
      } finally {
        await (wasDeclined ? count(shared(by)) : takeBack());
      }
    },
    /** The gateway is asked how a payment stands. @throws Problem (429) */
    async asking(orderId: string) {
      const refusal = `How a payment stands can be asked ${LOOKS_PER_MINUTE} times a minute.`;
      await countIn([{ limiter: looks, key: orderId, refusal }]);
    },
    /** The bank was asked by the buyer, and may have refused. */
    async confirmed(by: Attempt, payment: Payment) {
      if (!isDeclined(payment)) return;
      await count([...own(by), ...shared(by)]);
    },
  };
}

const isDeclined = ({ charge }: Payment) => charge?.decline != null;
