import { endedSessions, type Service, type SignSession } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import type { Passwords } from './passwords.ts';
import { routes } from './routes.ts';
import { asItStands, evolve } from './session.ts';
import { emailKey, type User } from './user.ts';

export { createPasswords, type Passwords } from './passwords.ts';

const userTable: TableDefinition<User> = {
  name: 'users',
  unique: { email: (user) => emailKey(user.email) },
};

/** Who is who. The only service that can make a session. */
export const createAuth = (secrets: {
  passwords: Passwords;
  signSession: SignSession;
}): Service => ({
  name: 'auth',
  publishes: ['session.ended'],
  build(context) {
    const users = context.table(userTable);
    const sessions = context.records({
      noun: 'session',
      table: endedSessions,
      evolve,
      asItStands,
    });
    return { routes: routes({ users, sessions, ...secrets }, context) };
  },
});
