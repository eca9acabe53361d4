/** The service kit: what every service is built with. */
export { type App, connectionLimits, createApp } from './app.ts';
export { type Config, ConfigError, readClientConfig, readConfig } from './config.ts';
export { createSay, type Say } from './envelope.ts';
export { createHost, type Host } from './host.ts';
export { identify, once, type RequestIdentity } from './idempotency.ts';
export { createLog, type Log } from './log.ts';
export { networkOf } from './network.ts';
export { limitPipelining } from './pipelining.ts';
export { replyWithProblem } from './problems.ts';
export { type Fact, Records } from './records.ts';
export { sweep, type Task } from './repeat.ts';
export { run, runHost, whyNotStarted } from './run.ts';
export { mount, type Routes, type Service, type ServiceContext } from './service.ts';
export {
  createSessionKey,
  createSessionSigner,
  createSessionVerifier,
  type EndedSession,
  endedSessions,
  publicKeyOf,
  SESSION_SECONDS,
  type Session,
  type SignSession,
  type VerifySession,
} from './sessions.ts';
export { describeSettings, settingsHelp } from './settings.ts';
export { sessionCookie, sessionOf } from './signed-in.ts';
