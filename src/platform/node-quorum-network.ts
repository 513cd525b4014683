/** The ports between the members of an ensemble, on Node's TCP sockets, in the clear or over TLS. */

import type { Socket } from 'node:net';
import type { QuorumNetwork } from '../ensemble/quorum-network.ts';
import { NodeElectionNetwork } from './node-election-network.ts';
import { carrySocket, listenWith } from './node-listener.ts';
import { callPeer } from './peer-socket.ts';
import type { QuorumTls } from './tls/quorum-tls.ts';

/** More than the members of an ensemble and those who look in by mistake. */
const BACKLOG = 64;

/** @param tls null: everything in the clear; the caller closes it when the network is not used any more */
export function nodeQuorumNetwork(tls: QuorumTls | null): QuorumNetwork {
  const callTls = tls?.settings.callsOverTls === true ? tls : null;
  return {
    election: (onInput) => new NodeElectionNetwork(onInput, tls),
    listen({ host, port }, accept) {
      const admit = (socket: Socket): void => carrySocket(socket, accept);
      const door = tls?.door('the leader port', admit) ?? null;
      return listenWith({ host, port, backlog: BACKLOG }, door?.take ?? admit, () => door?.close());
    },
    connect({ to, timeoutMs }, onOpen, onFail) {
      callPeer({ to, timeoutMs, tls: callTls }, (socket) => carrySocket(socket, onOpen), onFail);
    },
  };
}
