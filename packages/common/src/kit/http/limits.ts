/** How much a stranger may send, and how slowly. */
const KIB = 1024;
export const BODY_LIMIT = 16 * KIB;
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than any answer takes: who neither sends nor reads for so long is gone. */
const IDLE_TIMEOUT_MS = 30_000;

/** What a server that strangers reach allows each connection. */
export function connectionLimits(requestTimeoutMs = REQUEST_TIMEOUT_MS) {
  return {
    requestTimeout: requestTimeoutMs,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: {
      maxHeaderSize: 16 * KIB,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      // Nothing here speaks another protocol. Next.js would take such a connection, and nobody would ever end it.
      shouldUpgradeCallback: () => false,
    },
  };
}
