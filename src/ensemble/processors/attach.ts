/** How a connect request is met (facts 1.3, 2.1; ZooKeeperServer.processConnectRequest). Decides; does nothing. */

import type { ConnectRequest, ConnectResponse } from '../../wire/records/connect.ts';
import { PASSWORD_BYTES } from '../../wire/records/connect.ts';
import { isSessionPassword, sessionPassword } from './session-password.ts';

export interface AttachFacts {
  readonly lastZxid: bigint;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** A read-only server takes only clients that may read only, and none with a session of the ensemble; null: any client. */
  readonly readOnly: { readonly isEnsembleSession: (sessionId: bigint) => boolean } | null;
}

export type Attachment =
  /** The client has seen more than this server has, or wants more than it can do: it must find another one. */
  | { readonly kind: 'close'; readonly reason: string }
  | { readonly kind: 'create'; readonly timeoutMs: number }
  /** Whoever holds the session now is closed first, even when the password is wrong. */
  | { readonly kind: 'attach'; readonly sessionId: bigint; readonly timeoutMs: number; readonly passwordFits: boolean };

export function decideAttachment(request: ConnectRequest, facts: AttachFacts): Attachment {
  const { readOnly } = facts;
  if (readOnly !== null && request.readOnly !== true) return { kind: 'close', reason: 'the client may not read only, and this server is read-only' };
  if (request.lastZxidSeen > facts.lastZxid) {
    return { kind: 'close', reason: `the client has seen zxid ${request.lastZxidSeen}, this server ${facts.lastZxid}` };
  }
  const timeoutMs = Math.min(Math.max(request.timeoutMs, facts.minTimeoutMs), facts.maxTimeoutMs);
  if (request.sessionId === 0n) return { kind: 'create', timeoutMs };
  // Whether it is alive is for a leader to say (ReadOnlyZooKeeperServer.validateSession).
  if (readOnly?.isEnsembleSession(request.sessionId) === true) return { kind: 'close', reason: 'the session is the ensemble’s, and this server is read-only' };
  const passwordFits = isSessionPassword(request.sessionId, request.password);
  return { kind: 'attach', sessionId: request.sessionId, timeoutMs, passwordFits };
}

/**
 * The answer to a connect request.
 *
 * @param session null: the session is gone or the password wrong
 * @param withReadOnly whether the client sent the read-only byte: only then it is answered
 * @param readOnlyServer whether this server is
 */
export function connectResponse(
  session: { readonly id: bigint; readonly timeoutMs: number } | null, withReadOnly: boolean, readOnlyServer = false,
): ConnectResponse {
  return {
    protocolVersion: 0,
    timeoutMs: session?.timeoutMs ?? 0,
    sessionId: session?.id ?? 0n,
    password: session === null ? new Uint8Array(PASSWORD_BYTES) : sessionPassword(session.id),
    readOnly: withReadOnly ? readOnlyServer : null,
  };
}
