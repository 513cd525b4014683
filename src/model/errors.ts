/**
 * What can go wrong, in four kinds that call for different answers:
 * - answer: the server refused the request by a code; asking again gives the same answer
 * - usage: the request was refused here, before it was sent
 * - weather: the connection, the session or the peer failed; `retrySafe` says whether the request
 *   certainly had no effect
 * - cancelled: somebody asked for it
 * Bugs are InvariantError (base/invariant.ts).
 */

import { errorName, errorText, type ErrorCode } from './error-code.ts';

export type FailureKind = 'answer' | 'usage' | 'weather' | 'cancelled';

export abstract class ZooError extends Error {
  abstract readonly kind: FailureKind;
  /** A short word for programs: a code's name for answers, an own word for the rest. */
  abstract readonly code: string;
  /** True when the request certainly had no effect, so that sending it again is safe. */
  abstract readonly retrySafe: boolean;
}

/** The server answered with an error code (KeeperException in Apache's client). */
export class KeeperError extends ZooError {
  override readonly name = 'KeeperError';
  readonly kind = 'answer';
  readonly code: string;
  readonly retrySafe = true;
  readonly number: number;
  readonly path: string | null;

  constructor(number: ErrorCode | number, path: string | null = null) {
    super(`${errorText(number)}${path === null ? '' : `: ${path}`}`);
    this.number = number;
    this.code = errorName(number);
    this.path = path;
  }
}

/** A message as a key and what fills it in, for a view to say it in another language. */
export interface Reason {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What was asked for cannot be sent: a bad path, an oversized request, a closed client. */
export class UsageError extends ZooError {
  override readonly name = 'UsageError';
  readonly kind = 'usage';
  readonly retrySafe = true;
  readonly code: string;
  readonly reason: Reason | null;

  /** @param reason says what the message says */
  constructor(code: string, message: string, reason: Reason | null = null) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Bytes that are not what the protocol allows: truncated, oversized, or nonsense. */
export class WireError extends ZooError {
  override readonly name = 'WireError';
  readonly kind = 'weather';
  readonly code = 'Malformed';
  readonly retrySafe = false;
}

/** The connection went away before the reply came. */
export class ConnectionLostError extends ZooError {
  override readonly name = 'ConnectionLostError';
  readonly kind = 'weather';
  readonly code = 'ConnectionLoss';
  readonly retrySafe: boolean;

  /** @param sent whether the request may have reached the server */
  constructor(message: string, sent: boolean) {
    super(message);
    this.retrySafe = !sent;
  }
}

/** The session is over: its ephemerals and watches are gone, and a new one is needed. */
export class SessionExpiredError extends ZooError {
  override readonly name = 'SessionExpiredError';
  readonly kind = 'weather';
  readonly code = 'SessionExpired';
  readonly retrySafe = false;
}

/** The server refused the credentials and closed the connection. */
export class AuthFailedError extends ZooError {
  override readonly name = 'AuthFailedError';
  readonly kind = 'answer';
  readonly code = 'AuthFailed';
  readonly retrySafe = true;
}

/** The caller cancelled the operation. A request that was already sent may still take effect. */
export class CancelledError extends ZooError {
  override readonly name = 'CancelledError';
  readonly kind = 'cancelled';
  readonly code = 'Cancelled';
  readonly retrySafe: boolean;

  /** @param sent whether the request may have reached the server */
  constructor(message = 'cancelled', sent = false) {
    super(message);
    this.retrySafe = !sent;
  }
}
