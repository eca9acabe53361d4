import { StartError } from '../../errors.ts';

/** The reason of a failed start: one line for what the operator can fix, a stack for anything else. */
export function whyNotStarted(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (error instanceof StartError) return message;
  if (code === 'EADDRINUSE') return `${message.replace('listen ', '')}. Choose another PORT.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${message}. Set HOST to an address of this machine.`;
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return `${message}. Choose another HOST or PORT.`;
  }
  return stack ?? String(error);
}
