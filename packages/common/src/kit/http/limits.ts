/** Limits on how much a stranger may send, and how slowly. */
const KIB = 1024;
export const BODY_LIMIT = 16 * KIB;
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than any answer takes: a client that neither sends nor reads for so long is gone. */
const IDLE_TIMEOUT_MS = 30_000;

/** The limits of each connection to a server that strangers reach, in milliseconds and bytes. */
export function connectionLimits(requestTimeoutMs = REQUEST_TIMEOUT_MS) {
  return {
    requestTimeout: requestTimeoutMs,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: {
      maxHeaderSize: 16 * KIB,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      // No other protocol is served. Next.js would accept such a connection, and nothing would ever end it.
      shouldUpgradeCallback: () => false,
    },
  };
}
