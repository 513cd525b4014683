/**
 * What stands between a TCP connection and the server on a port for TLS: finds out who comes, in the clear or over
 * TLS, and shows in those who may. Must hold: nobody stays at the door for longer than a handshake takes.
 */

import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { TlsListening, TlsPeer } from '../../ensemble/listener.ts';
import { withoutV4Prefix } from '../socket-address.ts';
import { socketReason } from '../socket-reason.ts';

/** As Netty's, on which Apache's port for TLS stands. */
const HANDSHAKE_MS = 10_000;
/** The first byte of a TLS connection: the record type of a handshake (RFC 8446, 5.1). No frame of a client begins so. */
const HANDSHAKE_RECORD = 0x16;

export interface TlsDoor {
  /** A connection has come. */
  readonly take: (socket: Socket) => void;
  /** Other keys and certificates for those who come from now on. */
  readonly renew: (options: SecureContextOptions) => void;
  /** Sends everybody away who is not in yet. */
  readonly close: () => void;
}

interface Visitor {
  readonly socket: Socket;
  /** It is over, one way or the other. */
  settle(failed: string | null): void;
  reason: string | null;
}

export interface DoorOptions {
  /** How long somebody may stand at the door. */
  readonly handshakeMs?: number;
  /** What is wrong with somebody whose certificate is trusted; null for nothing. */
  readonly check?: (socket: TLSSocket) => Promise<string | null>;
}

/**
 * @param options keys and certificates
 * @param admit called with those who may come in, and who they are; null in the clear
 */
export function tlsDoor(
  { settings, plainToo, handshakes }: TlsListening, options: SecureContextOptions, admit: (socket: Socket, peer: TlsPeer | null) => void,
  { handshakeMs = HANDSHAKE_MS, check }: DoorOptions = {},
): TlsDoor {
  const visitors = new Map<string, Visitor>();
  // Who has no certificate, or a bad one, is sent away below: a client that is only asked for one may come without.
  const asks = settings.clientAuth !== 'none';
  const server = createServer({ ...options, requestCert: asks, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    const visitor = visitors.get(keyOf(socket));
    const { peer, refusal } = identify(socket, settings.clientAuth);
    judge(socket, refusal, check, (problem) => {
      visitor?.settle(problem);
      if (visitor === undefined || problem !== null || socket.destroyed) socket.destroy();
      else admit(socket, peer);
    });
  });
  server.on('tlsClientError', (error, socket) => {
    const visitor = visitors.get(keyOf(socket));
    if (visitor !== undefined) visitor.reason = tlsReason(error);
    socket.destroy();
  });

  const take = (socket: Socket): void => {
    // Gone before it was noticed: there is no address to count it under.
    if (socket.remoteAddress === undefined || !handshakes.begin(withoutV4Prefix(socket.remoteAddress))) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const address = withoutV4Prefix(socket.remoteAddress);
    const visitor = welcome(socket, handshakeMs, (failed) => {
      if (visitors.get(key) === visitor) visitors.delete(key);
      handshakes.end(address, failed);
    });
    const key = keyOf(socket);
    visitors.set(key, visitor);
    if (!plainToo) {
      server.emit('connection', socket);
      return;
    }
    const tooLate = setTimeout(() => {
      visitor.reason ??= 'nothing came in time';
      socket.destroy();
    }, settings.detectionTimeoutMs);
    socket.once('close', () => clearTimeout(tooLate));
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(tooLate);
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === HANDSHAKE_RECORD) {
        server.emit('connection', socket);
        return;
      }
      visitor.settle(null);
      admit(socket, null);
      socket.resume();
    });
  };
  return {
    take,
    renew: (renewed) => server.setSecureContext(renewed),
    close: () => {
      for (const { socket } of [...visitors.values()]) socket.destroy();
    },
  };
}

/** Says what is wrong with somebody: what is known already, or what a closer look shows. */
function judge(socket: TLSSocket, refusal: string | null, check: DoorOptions['check'], decide: (problem: string | null) => void): void {
  if (refusal === null && check === undefined) {
    decide(null);
    return;
  }
  socket.on('error', () => undefined);
  if (refusal === null && check !== undefined) void check(socket).then(decide);
  else decide(refusal);
}

function welcome(socket: Socket, handshakeMs: number, over: (failed: string | null) => void): Visitor {
  let settled = false;
  const visitor: Visitor = {
    socket,
    reason: null,
    settle(failed) {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      over(failed);
    },
  };
  const timer = setTimeout(() => {
    visitor.reason ??= 'it took too long';
    socket.destroy();
  }, handshakeMs);
  socket.on('error', (error) => {
    visitor.reason ??= socketReason(error);
  });
  socket.once('close', () => visitor.settle(visitor.reason ?? 'the connection was closed'));
  return visitor;
}

/** The socket within a TLS socket has the same ends. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Like Java's trust manager: a certificate that is shown has to be a good one, also where none is needed. */
function identify(socket: TLSSocket, clientAuth: TlsListening['settings']['clientAuth']): { peer: TlsPeer; refusal: string | null } {
  if (clientAuth === 'none') return { peer: { certificate: null }, refusal: null };
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) {
    return { peer: { certificate: null }, refusal: clientAuth === 'need' ? 'the client shows no certificate' : null };
  }
  const certificate = new Uint8Array(shown.raw);
  return { peer: { certificate }, refusal: socket.authorized ? null : `the client's certificate is not trusted (${String(socket.authorizationError)})` };
}

/** OpenSSL's reason, without the places in its source. */
function tlsReason(error: Error & { readonly reason?: string }): string {
  return error.reason ?? socketReason(error);
}
