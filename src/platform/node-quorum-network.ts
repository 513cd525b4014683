/** The ports between the members of an ensemble, on Node's TCP sockets. */

import { connect as openSocket } from 'node:net';
import type { QuorumNetwork } from '../ensemble/quorum-network.ts';
import { NodeElectionNetwork } from './node-election-network.ts';
import { carrySocket, nodeListen } from './node-listener.ts';

/** More than the members of an ensemble and those who look in by mistake. */
const BACKLOG = 64;

export const nodeQuorumNetwork: QuorumNetwork = {
  election: (onInput) => new NodeElectionNetwork(onInput),

  listen: ({ host, port }, accept) => nodeListen({ host, port, backlog: BACKLOG }, accept),

  connect({ to, timeoutMs }, onOpen, onFail) {
    const socket = openSocket({ host: to.host, port: to.port, noDelay: true });
    const fail = (reason: string): void => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.on('error', () => undefined);
      socket.destroy();
      onFail(reason);
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message);
    const timer = setTimeout(() => fail('it took too long'), timeoutMs);
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      carrySocket(socket, onOpen);
    });
  },
};
