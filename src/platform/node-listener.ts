/**
 * The client port on Node's TCP sockets. What is written to a connection within one turn of the event loop goes to
 * the system in one piece. Must hold: nothing reaches a handler after its onClose.
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ClientSocket, Listen, Listener, ListenOptions, SocketHandler, TlsListening, TlsPeer } from '../ensemble/listener.ts';
import { withoutV4Prefix } from './socket-address.ts';
import { watchStores } from './tls/store-watch.ts';
import { loadSecureOptions } from './tls/stores.ts';
import { tlsDoor, type TlsDoor } from './tls/tls-door.ts';

/** After a goodbye, a peer that neither reads nor closes is cut off. */
const LINGER_MS = 1_000;
/** Most connections say little. */
const FIRST_BLOCK_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;
const NOTHING = new Uint8Array(0);

/** The address cannot be listened on. The message is one line. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Listens on a TCP port. @throws ListenError, and UsageError when keys or certificates cannot be used */
export const nodeListen: Listen = async (options, accept) => {
  const { tls } = options;
  const door = tls === undefined ? null : await openDoor(tls, (socket, peer) => carrySocket(socket, accept, peer));
  return listenWith(options, door === null ? (socket) => carrySocket(socket, accept) : door.take, () => door?.close());
};

/**
 * Listens, and hands on each connection as it comes.
 *
 * @param onClose called when no more connections are to come
 * @throws ListenError
 */
export async function listenWith(options: ListenOptions, take: (socket: Socket) => void, onClose: () => void): Promise<Listener> {
  const server = createServer({ noDelay: true, pauseOnConnect: false }, take);
  await listening(server, options);
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      onClose();
    }),
  };
}

/** A door whose keys follow their files, where that is asked for. */
async function openDoor(tls: TlsListening, admit: (socket: Socket, peer: TlsPeer | null) => void): Promise<TlsDoor> {
  const { settings, handshakes } = tls;
  const door = tlsDoor(tls, await loadSecureOptions(settings), admit);
  if (!settings.reload) return door;
  const files = [settings.keyStore, settings.trustStore].flatMap((store) => (store === null ? [] : [store.location]));
  const stop = watchStores(files, async () => {
    try {
      door.renew(await loadSecureOptions(settings));
      handshakes.reloaded(null);
    } catch (error) {
      handshakes.reloaded(error instanceof Error ? error.message : String(error));
    }
  });
  return {
    ...door,
    close: () => {
      stop();
      door.close();
    },
  };
}

function listening(server: Server, { port, host, backlog }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen({ port, ...(host === null ? {} : { host }), ...(backlog < 0 ? {} : { backlog }) }, () => resolve());
  });
}

function explain(error: NodeJS.ErrnoException, host: string | null, port: number): ListenError {
  const where = host === null ? `port ${port}` : `${host}, port ${port}`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'it is in use',
    EACCES: 'the system forbids it',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'the host is not known',
  };
  const code = error.code ?? 'unknown';
  return new ListenError(`cannot listen on ${where}: ${reasons[code] ?? error.message}`, code);
}

/** Hands a socket that stands to who wants it. @param peer who came over TLS; null in the clear */
export function carrySocket(
  socket: Socket, accept: (socket: ClientSocket) => SocketHandler | null, peer: TlsPeer | null = null,
): void {
  const own = new NodeClientSocket(socket, peer);
  const handler = accept(own);
  if (handler === null) {
    socket.destroy();
    return;
  }
  socket.on('data', (chunk: Uint8Array) => {
    // A plain view: a Buffer's slice() would not copy.
    if (!own.closing) handler.onData(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  own.drained = () => handler.onDrain();
  socket.on('drain', () => handler.onDrain());
  // The peer said its last: there is nobody to answer any more.
  socket.on('end', () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('close', () => handler.onClose());
}

class NodeClientSocket implements ClientSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  declare readonly tls?: TlsPeer;
  readonly #socket: Socket;
  /** Written bytes, copied one after the other: up to `sent` handed to the socket, up to `used` waiting. */
  #block: Uint8Array = NOTHING;
  #sent = 0;
  #used = 0;
  #waitingBytes = 0;
  #closing = false;
  #paused = false;
  /** Called when bytes that had a part in a pause have gone without the socket ever being full. */
  drained: () => void = () => undefined;

  constructor(socket: Socket, peer: TlsPeer | null) {
    this.remoteAddress = withoutV4Prefix(socket.remoteAddress ?? '');
    if (peer !== null) this.tls = peer;
    this.remotePort = socket.remotePort ?? 0;
    this.#socket = socket;
  }

  get closing(): boolean {
    return this.#closing;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#closing) return;
    if (this.#waitingBytes === 0) process.nextTick(() => this.#flushTurn());
    if (bytes.length > this.#block.length - this.#used) this.#makeRoom(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#waitingBytes += bytes.length;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  end(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#flush();
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    // Paused, it would never see the peer's end.
    socket.resume();
    socket.end();
  }

  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** What the block holds goes ahead; the next one is fresh, for the system may still be reading this one. */
  #makeRoom(bytes: number): void {
    this.#handOver();
    this.#block = new Uint8Array(Math.max(this.#block === NOTHING ? FIRST_BLOCK_BYTES : BLOCK_BYTES, bytes));
    this.#sent = 0;
    this.#used = 0;
  }

  /** Node says `drain` only after a write that did not go through at once; a pause over our own bytes ends here. */
  #flushTurn(): void {
    this.#flush();
    if (this.#paused && !this.#closing && !this.#socket.writableNeedDrain) this.drained();
  }

  #flush(): void {
    this.#handOver();
    // A connection that falls silent must not hold much memory.
    if (this.#block.length > BLOCK_BYTES || this.#used > this.#block.length / 2) this.#block = NOTHING;
    if (this.#block === NOTHING) this.#sent = this.#used = 0;
  }

  #handOver(): void {
    if (this.#used > this.#sent && !this.#socket.destroyed) this.#socket.write(this.#block.subarray(this.#sent, this.#used));
    this.#sent = this.#used;
    this.#waitingBytes = 0;
  }
}
