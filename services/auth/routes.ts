import { responses } from '@fairseat/common/contracts/problem';
import {
  currentUserSchema,
  signInSchema,
  signOutSchema,
  signUpSchema,
  userSchema,
} from '@fairseat/common/contracts/user';
import { badRequest, conflict, DuplicateKey } from '@fairseat/common/errors';
import {
  type EndedSession,
  type Records,
  type Routes,
  type ServiceContext,
  sessionCookie,
} from '@fairseat/common/kit';
import type { Table } from '@fairseat/common/ports';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { createLimits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import { endSession, type SessionFact } from './session.ts';
import { emailKey, type User } from './user.ts';

const tags = ['users'];

interface Parts {
  users: Table<User>;
  sessions: Records<EndedSession, SessionFact>;
  passwords: Passwords;
}

export const routes =
  (
    { users, sessions, passwords }: Parts,
    context: ServiceContext<'rateLimiter' | 'signSession'>,
  ): Routes =>
  async (app) => {
    const { clock, newId, visitorOf, signSession } = context;
    const cookie = sessionCookie(context.config);
    const limits = createLimits(context);

    const beginSession = async (reply: FastifyReply, userId: string) => {
      reply.setCookie(cookie.name, await signSession(userId, newId()), cookie.options);
    };

    app.post(
      '/api/users/signup',
      {
        schema: {
          tags,
          summary: 'Make an account and sign in',
          body: signUpSchema,
          response: responses({ 201: userSchema }, 400, 409, 429, 503),
        },
      },
      async (request, reply) => {
        await limits.signUp(request.ip);
        const { email, password } = request.body;
        const user: User = {
          id: newId(),
          version: 1,
          createdAt: new Date(clock.now()).toISOString(),
          email,
          passwordHash: await passwords.hash(password),
        };
        try {
          await users.insert(user);
        } catch (error) {
          if (!(error instanceof DuplicateKey)) throw error;
          throw conflict('email_taken', 'There is an account with this e-mail address. Sign in.');
        }
        await beginSession(reply, user.id);
        return reply.code(201).header('location', '/api/users/currentuser').send(user);
      },
    );

    app.post(
      '/api/users/signin',
      {
        schema: {
          tags,
          summary: 'Sign in',
          body: signInSchema,
          response: responses({ 200: userSchema }, 400, 429, 503),
        },
      },
      async (request, reply) => {
        const { email, password } = request.body;
        const account = emailKey(email);
        const user = await limits.signIn(request.ip, account, async () => {
          const owner = await users.getByKey('email', account);
          return (await passwords.matches(owner?.passwordHash, password)) ? owner : undefined;
        });
        if (user === undefined) {
          throw badRequest('wrong_credentials', 'The e-mail address or the password is wrong.');
        }
        await beginSession(reply, user.id);
        return user;
      },
    );

    app.post(
      '/api/users/signout',
      {
        schema: {
          tags,
          summary: 'Sign out: the session ends everywhere',
          body: signOutSchema,
          response: responses({ 200: z.object({}) }, 400),
        },
      },
      async (request, reply) => {
        const session = await visitorOf(request);
        if (session) await endSession(sessions, session, clock.now());
        const { maxAge: _, ...options } = cookie.options;
        reply.clearCookie(cookie.name, options);
        // Also those of other paths and of before; what browsers store besides, such as drafts, stays.
        reply.header('clear-site-data', '"cookies"');
        return {};
      },
    );

    app.get(
      '/api/users/currentuser',
      {
        schema: {
          tags,
          summary: 'Who is signed in',
          response: responses({ 200: currentUserSchema }),
        },
      },
      async (request) => {
        const session = await visitorOf(request);
        const user = session ? await users.get(session.userId) : undefined;
        return { currentUser: user ?? null };
      },
    );
  };
