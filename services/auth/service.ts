import { sessionEvents } from '@fairseat/common/contracts/session';
import { defineService, endedSessions } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import { createPasswords, type Passwords } from './passwords.ts';
import { routes } from './routes.ts';
import { asItStands, begunSessions, evolve, restored } from './session.ts';
import { emailKey, type User } from './user.ts';

export { createPasswords, type Passwords } from './passwords.ts';

const userTable: TableDefinition<User> = {
  name: 'users',
  unique: { email: (user) => emailKey(user.email) },
};

/** Accounts publish nothing. */
const unknowns = async (backupAt: number) => [
  {
    kind: 'account',
    id: '*',
    what: `those made since ${new Date(backupAt).toISOString()} are gone, and nothing tells which`,
    todo: 'Their owners sign up again; what they sold and bought stays with the accounts that are gone',
  },
];

/** Keeps the accounts. The only service that can begin a session. Tests pass in passwords that are quicker to check. */
export const createAuth = (passwords?: Passwords) =>
  defineService({
    name: 'auth',
    prefixes: ['/api/users'],
    needs: ['rateLimiter', 'signSession', 'devices'],
    publishes: sessionEvents,
    hears: [],
    build(context) {
      const users = context.table(userTable);
      const sessions = context.records({
        noun: 'session',
        table: endedSessions,
        evolve,
        asItStands,
        restored,
      });
      const begun = context.table(begunSessions);
      const parts = { users, begun, sessions, passwords: passwords ?? createPasswords() };
      return { routes: routes(parts, context), unknowns };
    },
  });
