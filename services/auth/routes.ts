import { responses } from '@fairseat/common/contracts/problem';
import {
  currentUserSchema,
  signInSchema,
  signOutSchema,
  signUpSchema,
  userSchema,
} from '@fairseat/common/contracts/user';
import { badRequest, conflict, DuplicateKey, VersionConflict } from '@fairseat/common/errors';
import {
  type EndedSession,
  networksOf,
  type Records,
  type Routes,
  SESSION_SECONDS,
  type ServiceContext,
  sessionCookie,
  sessionOf,
} from '@fairseat/common/kit';
import type { Table } from '@fairseat/common/ports';
import cookies from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deviceCookies, isKnown, withoutDevices } from './devices.ts';
import { createLimits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import { type BegunSession, endSession, endSessionsOf, type SessionFact } from './session.ts';
import { emailKey, type User } from './user.ts';
import { refuseWeak } from './weak-passwords.ts';

const tags = ['users'];

interface Parts {
  users: Table<User>;
  begun: Table<BegunSession>;
  sessions: Records<EndedSession, SessionFact>;
  passwords: Passwords;
}

export const routes =
  (
    { users, begun, sessions, passwords }: Parts,
    context: ServiceContext<'rateLimiter' | 'signSession' | 'devices'>,
  ): Routes =>
  async (app) => {
    const { clock, newId, signedIn, visitorOf, signSession } = context;
    const cookie = sessionCookie(context.config);
    // Here alone, since its hooks would cost every request of all services; it only sets them.
    await app.register(cookies, { hook: false });
    const limits = createLimits(context);
    const device = deviceCookies(context);

    const leave = async (request: FastifyRequest) => {
      const session = await visitorOf(request);
      if (session) await endSession(sessions, session, clock.now());
    };

    /** Nothing else would ever end the session whose cookie this one replaces. */
    const beginSession = async (request: FastifyRequest, reply: FastifyReply, user: User) => {
      await leave(request);
      const id = newId();
      const now = clock.now();
      const createdAt = new Date(now).toISOString();
      const expiresAt = new Date(now + SESSION_SECONDS * 1000).toISOString();
      await begun.insert({ id, version: 1, createdAt, userId: user.id, expiresAt });
      reply.setCookie(cookie.name, await signSession(user.id, id), cookie.options);
      await device.add(request, reply, user, id);
    };

    /** A device that goes on after that must sign in as an unknown one. */
    const forgetDevices = async (userId: string) => {
      const user = await users.get(userId, { latest: true });
      if (user === undefined) return;
      await users.replace(user, withoutDevices(user)).catch((error) => {
        // Another request has just forgotten them.
        if (!(error instanceof VersionConflict)) throw error;
      });
    };

    app.post(
      '/api/users/signup',
      {
        config: { answers: ['Set-Cookie'] },
        links: { 201: { getCurrentUser: { operationId: 'getCurrentUser' } } },
        schema: {
          tags,
          operationId: 'signUp',
          summary: 'Make an account and sign in',
          body: signUpSchema,
          response: responses({ 201: userSchema }, 400, 409, 429, 503),
        },
      },
      async (request, reply) => {
        const { email, password } = request.body;
        refuseWeak(password, email);
        await limits.signUp(request.ip);
        const user: User = {
          id: newId(),
          version: 1,
          createdAt: new Date(clock.now()).toISOString(),
          email,
          passwordHash: await passwords.hash(password, networksOf(request.ip)[0]),
        };
        try {
          await users.insert(user);
        } catch (error) {
          if (!(error instanceof DuplicateKey)) throw error;
          throw conflict('email_taken', 'There is an account with this e-mail address. Sign in.');
        }
        await beginSession(request, reply, user);
        return reply.code(201).header('location', '/api/users/currentuser').send(user);
      },
    );

    app.post(
      '/api/users/signin',
      {
        config: { answers: ['Set-Cookie'] },
        schema: {
          tags,
          operationId: 'signIn',
          summary: 'Sign in',
          body: signInSchema,
          response: responses({ 200: userSchema }, 400, 429, 503),
        },
      },
      async (request, reply) => {
        const { email, password } = request.body;
        const account = emailKey(email);
        const find = () => users.getByKey('email', account);
        const came = await device.read(request);
        const known = came && isKnown(came, await find()) ? came.id : undefined;
        const attempt = { address: request.ip, account, device: known };
        const user = await limits.signIn(attempt, async () => {
          const owner = await find();
          const network = networksOf(request.ip)[0];
          const isRight = await passwords.matches(owner?.passwordHash, password, network);
          return isRight ? owner : undefined;
        });
        if (user === undefined) {
          throw badRequest('wrong_credentials', 'The e-mail address or the password is wrong.');
        }
        await beginSession(request, reply, user);
        return user;
      },
    );

    app.post(
      '/api/users/signout',
      {
        config: {
          answers: ['Set-Cookie', 'Clear-Site-Data'],
          security: [{}, { session: [] }],
        },
        schema: {
          tags,
          operationId: 'signOut',
          summary: 'Sign out: the session ends everywhere',
          body: signOutSchema,
          response: responses({ 200: z.object({}) }, 400),
        },
      },
      async (request, reply) => {
        await leave(request);
        reply.clearCookie(cookie.name, cookie.options);
        // Of pages that the browser keeps for going back. The device stays known.
        reply.header('clear-site-data', '"cache"');
        return {};
      },
    );

    app.post(
      '/api/users/signout-everywhere',
      {
        config: { answers: ['Set-Cookie', 'Clear-Site-Data'] },
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'signOutEverywhere',
          summary: 'Sign out on every device: all sessions of the account end',
          body: signOutSchema,
          response: responses({ 200: z.object({}) }, 400, 401),
        },
      },
      async (request, reply) => {
        await leave(request);
        const { userId } = sessionOf(request);
        await forgetDevices(userId);
        await endSessionsOf(userId, begun, sessions, clock.now());
        reply.clearCookie(cookie.name, cookie.options);
        device.clear(reply);
        reply.header('clear-site-data', '"cache", "cookies"');
        return {};
      },
    );

    app.get(
      '/api/users/currentuser',
      {
        config: { security: [{}, { session: [] }] },
        schema: {
          tags,
          operationId: 'getCurrentUser',
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
