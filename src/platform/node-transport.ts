/**
 * TCP by Node's sockets. The name is looked up on each attempt, all its addresses are tried, in a random order
 * (facts 2.3). Must hold: nothing is reported within connect() or after close(); onClose comes once.
 */

import { lookup as resolve, type LookupAddress } from 'node:dns';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { shuffled, type Random } from '../base/random.ts';
import type { Connection, ConnectionEvents, ServerAddress, Transport } from '../client/transport.ts';
import { socketReason } from './socket-reason.ts';

export interface NodeTransportOptions {
  readonly random: Random;
  /** How long one of several addresses of a name may take before the next is tried, in ms. Default 2,000. */
  readonly addressTimeoutMs?: number;
}

const ADDRESS_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

/** A transport that opens plain TCP connections. */
export function nodeTransport(options: NodeTransportOptions): Transport {
  return { connect: (address, events) => open(address, events, options) };
}

function open(address: ServerAddress, events: ConnectionEvents, options: NodeTransportOptions): Connection {
  let closed = false;
  let reason: string | null = null;
  const socket: Socket = connect({
    host: address.host,
    port: address.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    lookup: shuffledLookup(options.random),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: options.addressTimeoutMs ?? ADDRESS_TIMEOUT_MS,
  });
  socket.on('connect', () => {
    if (!closed) events.onOpen();
  });
  socket.on('data', (chunk) => {
    if (!closed) events.onData(chunk);
  });
  // The peer said its last: there is nothing more to say to it either.
  socket.on('end', () => socket.destroy());
  socket.on('error', (error) => {
    reason ??= socketReason(error);
  });
  socket.on('close', () => {
    if (closed) return;
    closed = true;
    events.onClose(reason);
  });
  return {
    write(bytes) {
      if (!closed) socket.write(bytes);
    },
    close() {
      closed = true;
      socket.destroy();
    },
  };
}

/** All addresses of a name in a random order, so that servers behind one name share the clients. */
function shuffledLookup(random: Random): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const mixed: LookupAddress[] = shuffled(random, addresses);
      const first = mixed[0];
      if (options.all === true || first === undefined) callback(null, mixed);
      else callback(null, first.address, first.family);
    });
  };
}
