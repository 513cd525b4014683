/** The session's time limits, in ms, as shares of its timeout (facts 2.3; ClientCnxn). */

export const SESSION_TIMEOUT_MS_DEFAULT = 30_000;
/** The shortest give-up time for an attempt that is derived and not asked for. */
const ATTEMPT_MS_MIN = 1_000;
/** Something is sent at least this often (ClientCnxn.MAX_SEND_PING_INTERVAL). */
const PING_MS_MAX = 10_000;
/** The longest wait for the answer to closeSession: it is on its way, and the server acts on it all the same. */
const CLOSE_MS_MAX = 5_000;
/** A connection that lasted this long was no failed attempt. */
export const HELD_MS = 1_000;

/**
 * How long an attempt to connect may take: for the socket, and again for the handshake.
 *
 * @param negotiatedMs 0 before the first answer
 */
export function attemptLimitMs(
  settings: { readonly connectTimeoutMs: number | null; readonly sessionTimeoutMs: number; readonly servers: readonly unknown[] },
  negotiatedMs: number,
): number {
  if (settings.connectTimeoutMs !== null) return settings.connectTimeoutMs;
  const timeoutMs = negotiatedMs > 0 ? negotiatedMs : settings.sessionTimeoutMs;
  return Math.max(ATTEMPT_MS_MIN, Math.floor(timeoutMs / settings.servers.length));
}

/** After this long without a byte sent, a ping is. */
export function pingEveryMs(timeoutMs: number): number {
  return Math.min(PING_MS_MAX, Math.floor(timeoutMs / 3));
}

/** After this long without a byte from the server, the connection is given up. */
export function readLimitMs(timeoutMs: number): number {
  return Math.floor((timeoutMs * 2) / 3);
}

/** After this long without a connection the session is taken for expired (3.9.3; ZOOKEEPER-4508). */
export function expiryLimitMs(timeoutMs: number): number {
  return Math.floor((timeoutMs * 4) / 3);
}

/** How long the answer to closeSession is waited for. */
export function closeLimitMs(timeoutMs: number): number {
  return Math.min(CLOSE_MS_MAX, timeoutMs);
}
