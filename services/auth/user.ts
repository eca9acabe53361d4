import type { Stored } from '@fairseat/common/contracts/shared';

/** A person who may sign in. The password itself is never stored. */
export interface User extends Stored {
  email: string;
  /** argon2id, in PHC format. */
  passwordHash: string;
  /** How often all devices were forgotten; none when never. */
  deviceGeneration?: number;
}

/** The key of an e-mail address: the same whatever its letter case, its Unicode form and the spelling of its domain. */
export function emailKey(email: string): string {
  const key = email.trim().normalize('NFKC').toLowerCase();
  const domain = key.slice(key.lastIndexOf('@') + 1);
  // Plain domains stay as they are: accounts are stored by them.
  return !/\P{ASCII}/u.test(domain)
    ? key
    : key.slice(0, -domain.length) + (URL.parse(`http://${domain}`)?.hostname || domain);
}
