import { badRequest } from '@fairseat/common/errors';
import { dictionary } from '@zxcvbn-ts/language-common';

/** Passwords as people and keyboards spell them differently. */
const folded = (text: string) => text.normalize('NFKC').trim().toLowerCase();

/** About 50,000, taken from what was stolen elsewhere. Guessing begins with these. */
const WORST = new Set(dictionary['passwords-common']);

/** @throws Problem (400) for a new password that is tried first: one of the worst, or the e-mail address or its name. */
export function refuseWeak(password: string, email: string): void {
  const chosen = folded(password);
  if (WORST.has(chosen)) {
    throw badRequest(
      'weak_password',
      'Too many people have this password, so it is tried first. Choose another, for example four words.',
      'password',
    );
  }
  const address = folded(email);
  if (chosen === address || chosen === address.slice(0, address.lastIndexOf('@'))) {
    throw badRequest(
      'weak_password',
      'The password must not be your e-mail address or the name in it.',
      'password',
    );
  }
}
