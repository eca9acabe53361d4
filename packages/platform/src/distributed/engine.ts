import { StartError } from '@fairseat/common/errors';
import type { Clock } from '@fairseat/common/ports';
import { pause } from '../clock.ts';

/** An engine cannot be used as it is configured. The message names the setting and says what was expected. */
export class EngineError extends StartError {
  override name = 'EngineError';
}

/** The reason why an engine does not work. */
export interface Trouble {
  line: string;
  /** True when waiting does not help: a wrong password, an old version, a missing permission. */
  lasting: boolean;
  /** True for what usually is over in a moment, such as another service that starts too: it is not reported at once. */
  brief?: boolean;
}

const TRY_AGAIN_MS = 250;
/** The same line is reported no more often than this. */
export const TELL_AGAIN_MS = 5000;

/**
 * Retries until an engine answers, since it may start after the services do. Reports what it waits for, at first and
 * then every few seconds. @throws EngineError when waiting does not help, and once `isOver`.
 */
export async function untilReachable<T>(
  attempt: () => Promise<T>,
  explain: (error: unknown) => Trouble,
  { clock, onWaiting, isOver }: Waiting,
): Promise<T> {
  let sayAt: number | undefined;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const { line, lasting, brief } = explain(error);
      if (lasting || isOver()) throw new EngineError(line, { cause: error });
      sayAt ??= clock.monotonic() + (brief ? TELL_AGAIN_MS : 0);
      if (clock.monotonic() >= sayAt) {
        onWaiting(`${line} Trying again until it works.`);
        sayAt = clock.monotonic() + TELL_AGAIN_MS;
      }
      await pause(clock, TRY_AGAIN_MS);
    }
  }
}

/** Does the work once; only a failure is tried again by the next call. */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  let doing: Promise<T> | undefined;
  return () => {
    doing ??= work().catch((error) => {
      doing = undefined;
      throw error;
    });
    return doing;
  };
}

export interface Waiting {
  clock: Clock;
  onWaiting: (line: string) => void;
  isOver: () => boolean;
}

/** The message of an error's innermost cause; where that is empty, its code. */
export function reasonOf(error: unknown): string {
  const { message, cause, errors, code } = error as AggregateError & {
    cause?: unknown;
    code?: string;
  };
  if (errors?.length) return reasonOf(errors[0]);
  if (cause instanceof Error && reasonOf(cause)) return reasonOf(cause);
  return message || code || '';
}

/** True when version `a.b.c` is at least `x.y`. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
