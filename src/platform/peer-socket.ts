/** Connections that this server opens to other members of its ensemble, in the clear or over TLS. */

import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../ensemble/replication/quorum/server-spec.ts';
import { socketReason } from './socket-reason.ts';
import type { QuorumTls } from './tls/quorum-tls.ts';

export interface PeerCall {
  readonly to: Endpoint;
  /** For the connection and the handshake. */
  readonly timeoutMs: number;
  /** null: in the clear. */
  readonly tls: QuorumTls | null;
}

/** One of both is called, once, and not within this call. @returns the socket, to be destroyed by who gives up */
export function callPeer({ to, timeoutMs, tls }: PeerCall, onOpen: (socket: Socket) => void, onFail: (reason: string) => void): Socket {
  const whom = `${to.host}:${to.port}`;
  let reason: string | null = null;
  const give = (failed: string): void => {
    clearTimeout(timer);
    if (tls !== null) tls.callFailed(whom, reason ?? failed);
    onFail(reason ?? failed);
  };
  const take = (socket: Socket): void => {
    clearTimeout(timer);
    tls?.callStands(whom);
    onOpen(socket);
  };
  const socket = tls === null ? callInTheClear(to, take, give) : tls.call(to, { onOpen: take, onFail: give });
  const timer = setTimeout(() => {
    reason = 'it took too long';
    socket.destroy();
  }, timeoutMs);
  return socket;
}

function callInTheClear({ host, port }: Endpoint, onOpen: (socket: Socket) => void, onFail: (reason: string) => void): Socket {
  const socket = connect({ host, port, noDelay: true });
  let reason = 'the connection was closed';
  const failed = (): void => onFail(reason);
  socket.on('error', (error) => {
    reason = socketReason(error);
  });
  socket.once('close', failed);
  socket.once('connect', () => {
    socket.off('close', failed);
    onOpen(socket);
  });
  return socket;
}
