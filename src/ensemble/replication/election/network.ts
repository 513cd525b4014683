/**
 * The election network as the machines of this folder see it: connections by number, bytes in and out. platform/
 * carries it on Node's sockets, test/sim on a simulated network. Must hold: the carrier numbers every connection anew.
 */

import type { Endpoint } from '../quorum/server-spec.ts';

export type ElectionLink = number;

/** What happens on the network. */
export type NetworkInput =
  | { readonly kind: 'accepted'; readonly link: ElectionLink }
  /** The connection that was asked for stands. */
  | { readonly kind: 'connected'; readonly sid: bigint; readonly link: ElectionLink }
  /** The reason names the address, for a person; without one it is told to nobody. */
  | { readonly kind: 'connectFailed'; readonly sid: bigint; readonly reason?: string }
  | { readonly kind: 'data'; readonly link: ElectionLink; readonly bytes: Uint8Array }
  /** Everything written to the connection has been handed to the system. */
  | { readonly kind: 'flushed'; readonly link: ElectionLink }
  /** Ended by the other side or by the network, not by a `close` of ours. */
  | { readonly kind: 'closed'; readonly link: ElectionLink };

/** What is to be done on the network, in order. */
export type NetworkEffect =
  /** Try the addresses in order, each for up to timeoutMs; answer with connected or connectFailed. */
  | { readonly kind: 'connect'; readonly sid: bigint; readonly addresses: readonly Endpoint[]; readonly timeoutMs: number }
  /** Answer with flushed. */
  | { readonly kind: 'write'; readonly link: ElectionLink; readonly bytes: Uint8Array }
  /** Send what was written, then close. Nothing is to be told of this connection any more. */
  | { readonly kind: 'close'; readonly link: ElectionLink };
