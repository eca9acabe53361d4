import type { Stored } from '@fairseat/common/contracts/shared';

/** A person who may sign in. The password itself is never stored. */
export interface User extends Stored {
  email: string;
  /** argon2id, in PHC format. */
  passwordHash: string;
}

/** The key of an e-mail address: the same whatever its letter case and Unicode form. */
export const emailKey = (email: string) => email.trim().normalize('NFKC').toLowerCase();
