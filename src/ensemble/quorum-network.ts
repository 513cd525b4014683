/** The leader port as a member sees it; platform/ implements it on Node's sockets, test/sim on a simulated network. */

import type { ClientSocket, Listener, SocketHandler } from './listener.ts';
import type { NetworkEffect, NetworkInput } from './replication/election/network.ts';
import type { Endpoint } from './replication/quorum/server-spec.ts';

/** Election messages on their own port. */
export interface ElectionNetwork {
  /** @throws ListenError */
  listen(host: string | null, port: number): Promise<void>;
  perform(effects: readonly NetworkEffect[]): void;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly to: Endpoint;
  readonly timeoutMs: number;
}

export interface QuorumNetwork {
  /** @param onInput never called from within `perform` */
  election(onInput: (input: NetworkInput) => void): ElectionNetwork;
  /** @throws ListenError */
  listen(at: { readonly host: string | null; readonly port: number }, accept: (socket: ClientSocket) => SocketHandler | null): Promise<Listener>;
  /** One of the two is called, once. */
  connect(options: ConnectOptions, onOpen: (socket: ClientSocket) => SocketHandler, onFail: (reason: string) => void): void;
}
