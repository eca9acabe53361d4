/** How many tickets an account may list, and how often one may be edited. */
import { countIn, type ServiceContext } from '@fairseat/common/kit';

export function createLimits({ rateLimiter, config }: ServiceContext<'rateLimiter'>) {
  const { listingsPerHour, listingsPerDay, editsPerMinute } = config;
  const hour = rateLimiter('listings-hour', { count: listingsPerHour, perSeconds: 3600 });
  const day = rateLimiter('listings-day', { count: listingsPerDay, perSeconds: 24 * 3600 });
  const edits = rateLimiter('edits', { count: editsPerMinute, perSeconds: 60 });

  /** One that fails does not count. */
  const within = async <T>(quotas: Parameters<typeof countIn>[0], act: () => Promise<T>) => {
    const takeBack = await countIn(quotas);
    try {
      return await act();
    } catch (error) {
      await takeBack();
      throw error;
    }
  };

  return {
    /** @throws Problem (429) when the account has listed too many; whatever `list` throws. */
    listing: <T>(userId: string, list: () => Promise<T>) =>
      within(
        [
          {
            ...{ limiter: hour, key: userId },
            refusal: `You may list ${listingsPerHour} tickets an hour. Wait before you list more.`,
          },
          {
            ...{ limiter: day, key: userId },
            refusal: `You may list ${listingsPerDay} tickets a day. Wait before you list more.`,
          },
        ],
        list,
      ),
    /**
     * Of each user for themselves, so that a stranger's attempts are not the seller's.
     * @throws Problem (429) when the ticket was edited too often; whatever `edit` throws.
     */
    editing: <T>(ticketId: string, userId: string, edit: () => Promise<T>) =>
      within(
        [
          {
            ...{ limiter: edits, key: `${ticketId} ${userId}` },
            refusal: `A ticket may be changed ${editsPerMinute} times a minute. Wait a moment.`,
          },
        ],
        edit,
      ),
  };
}
