/** Operations about the session itself: ping, close, auth, SASL, and the internal createSession. */

import { buffer, int, record } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { AuthPacket } from '../records/headers.ts';

const plain = { writes: false, permission: null, since: '3.0' } as const;

export const ping = operation({ name: 'ping', code: 11, request: null, response: null, ...plain });

export const auth = operation({ name: 'auth', code: 100, request: AuthPacket, response: null, ...plain });

export const SaslToken = record('SaslToken', { token: buffer });

export const sasl = operation({
  name: 'sasl',
  code: 102,
  request: SaslToken,
  response: SaslToken,
  ...plain,
  since: '3.4',
});

/** The reply is a lone header; the server closes the connection after it. */
export const closeSession = operation({
  name: 'closeSession',
  code: -11,
  request: null,
  response: null,
  ...plain,
  writes: true,
});

/** Between servers only; a client that sends it is refused. */
export const createSession = operation({
  name: 'createSession',
  code: -10,
  request: record('CreateSessionRequest', { timeoutMs: int }),
  response: null,
  ...plain,
  writes: true,
});
