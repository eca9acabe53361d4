/** The service kit: what every service is built with. */

export { createEventFactory, type EventFactory } from './decide/envelope.ts';
export { identify, once, type RequestIdentity } from './decide/idempotency.ts';
export { type Fact, Records } from './decide/records.ts';
export { sweep, type Task } from './decide/repeat.ts';
export { ofEach, type Unknown } from './decide/restore.ts';
export { type App, createApp } from './http/app.ts';
export { createDevices, type Device, type Devices, deviceCookie } from './http/devices.ts';
export { commonHeaders, strictTransport } from './http/headers.ts';
export { BODY_LIMIT } from './http/limits.ts';
export { isLoopback, isPublic, networkLimiter, networksOf } from './http/network.ts';
export { serveDocumentation } from './http/openapi.ts';
export { preferencesIn } from './http/preferences.ts';
export { replyWithProblem } from './http/problems.ts';
export { countIn, mustHaveRoom } from './http/quotas.ts';
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
} from './http/sessions.ts';
export { cookiesNamed, sessionCookie, sessionOf } from './http/signed-in.ts';
export { versionsIn, withEtag } from './http/versions.ts';
export { type Config, ConfigError, readClientConfig, readConfig } from './process/config.ts';
export { declareRestored, unknownsOf } from './process/declare-restored.ts';
export { describeSettings, settingsHelp } from './process/describe-settings.ts';
export { createHost, type Host } from './process/host.ts';
export { createLog, type Log } from './process/log.ts';
export { mount } from './process/mount.ts';
export { isLiveKey, paymentMode } from './process/payment-mode.ts';
export { reconcile } from './process/reconcile.ts';
export { platformOptions, run } from './process/run.ts';
export { runHost } from './process/run-host.ts';
export { sayStatesAgain } from './process/say-states-again.ts';
export {
  type Difference,
  defineService,
  type Reconciliation,
  type Routes,
  type Service,
  type ServiceContext,
} from './process/service.ts';
export { whyNotStarted } from './process/why-not-started.ts';
