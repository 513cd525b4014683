/**
 * The handshake (facts 1.3): no header around it, and a trailing read-only byte that clients up to 3.3
 * leave out. A server echoes the byte only to a client that sent it.
 */

import { WireError } from '../../model/errors.ts';
import type { Codec } from '../jute/codec.ts';

export interface ConnectRequest {
  readonly protocolVersion: number;
  /** The last zxid this client has seen; a server that is behind it closes the connection. */
  readonly lastZxidSeen: bigint;
  /** The session timeout asked for, in ms. */
  readonly timeoutMs: number;
  /** 0 for a new session. */
  readonly sessionId: bigint;
  readonly password: Uint8Array | null;
  /** Whether a read-only server will do; null when the byte was not sent. */
  readonly readOnly: boolean | null;
}

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** The negotiated timeout in ms; 0 when the session is gone or the password wrong. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array | null;
  /** Whether the server is read-only; null when the byte is left out. */
  readonly readOnly: boolean | null;
}

export const ConnectRequest: Codec<ConnectRequest> = {
  name: 'ConnectRequest',
  bytesMin: 28,
  read(r) {
    return {
      protocolVersion: r.int(),
      lastZxidSeen: r.long(),
      timeoutMs: r.int(),
      sessionId: r.long(),
      password: r.buffer(),
      readOnly: r.remaining > 0 ? r.bool() : null,
    };
  },
  write(w, v) {
    w.int(v.protocolVersion);
    w.long(v.lastZxidSeen);
    w.int(v.timeoutMs);
    w.long(v.sessionId);
    w.buffer(v.password);
    if (v.readOnly !== null) w.bool(v.readOnly);
  },
};

export const ConnectResponse: Codec<ConnectResponse> = {
  name: 'ConnectResponse',
  bytesMin: 20,
  read(r) {
    const response = {
      protocolVersion: r.int(),
      timeoutMs: r.int(),
      sessionId: r.long(),
      password: r.buffer(),
      readOnly: r.remaining > 0 ? r.bool() : null,
    };
    if (response.password !== null && response.password.length > 64) {
      throw new WireError(`a session password of ${response.password.length} bytes`);
    }
    return response;
  },
  write(w, v) {
    w.int(v.protocolVersion);
    w.int(v.timeoutMs);
    w.long(v.sessionId);
    w.buffer(v.password);
    if (v.readOnly !== null) w.bool(v.readOnly);
  },
};

/** The length of every session password. */
export const PASSWORD_BYTES = 16;
