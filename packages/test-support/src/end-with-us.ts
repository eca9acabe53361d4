import { detached, leash } from '@fairseat/servers';

let own: ReturnType<typeof leash> | undefined;

/**
 * Has a process, which leads a group, end once this one is gone, however that ended: killed, it can do nothing by itself.
 * Then the command is run, which must do no harm where all is cleaned up already.
 */
export function endWithUs(pid: number | undefined, cleanUp?: string[]) {
  if (pid === undefined) return;
  own ??= leash();
  own.hold({ ...detached(pid), ...(cleanUp && { cleanUp }) });
}
