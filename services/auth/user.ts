import type { Stored } from '@fairseat/common/contracts/shared';

/** Who may sign in. The password itself is never kept. */
export interface User extends Stored {
  email: string;
  /** argon2id, in PHC format. */
  passwordHash: string;
}

/** What makes two addresses the same: neither letter case nor the way Unicode spells them. */
export const emailKey = (email: string) => email.trim().normalize('NFKC').toLowerCase();
