/**
 * Elections on Node's TCP sockets, in the clear or over TLS. In: what the election machine wants done on the network. Out: what happened there.
 * Must hold: nothing is told of a connection after its close; after close() no socket, listener or timer is left.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { NetworkEffect, NetworkInput } from '../ensemble/replication/election/network.ts';
import { ListenError } from './node-listener.ts';
import { callPeer } from './peer-socket.ts';
import type { QuorumTls } from './tls/quorum-tls.ts';
import type { TlsDoor } from './tls/tls-door.ts';

/** After a goodbye, a peer that neither reads nor closes is cut off. */
const LINGER_MS = 1_000;

type ConnectEffect = Extract<NetworkEffect, { readonly kind: 'connect' }>;

export class NodeElectionNetwork {
  readonly #onInput: (input: NetworkInput) => void;
  readonly #tls: QuorumTls | null;
  readonly #sockets = new Map<number, Socket>();
  /** Every socket that is not closed yet, those of attempts and goodbyes included. */
  readonly #open = new Set<Socket>();
  #server: Server | null = null;
  #door: TlsDoor | null = null;
  #nextLink = 1;
  #closed = false;

  /**
   * @param onInput never called from within `perform`
   * @param tls null: everything in the clear
   */
  constructor(onInput: (input: NetworkInput) => void, tls: QuorumTls | null = null) {
    this.#onInput = onInput;
    this.#tls = tls;
  }

  /**
   * Begins to accept connections on the election port.
   *
   * @param host null for every address of the machine
   * @throws ListenError
   */
  async listen(host: string | null, port: number): Promise<void> {
    const admit = (socket: Socket): void => {
      if (this.#closed) socket.destroy();
      else this.#onInput({ kind: 'accepted', link: this.#adopt(socket) });
    };
    this.#door = this.#tls?.door('the election port', admit) ?? null;
    const server = createServer({ noDelay: true }, this.#door?.take ?? admit);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(new ListenError(`the election port ${host ?? ''}:${port} cannot be listened on: ${error.message}`, error.code ?? 'unknown'));
      });
      server.listen({ port, ...(host === null ? {} : { host }) }, resolve);
    });
  }

  /** Carries out effects in their order. */
  perform(effects: readonly NetworkEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'connect':
          this.#connect(effect, 0);
          break;
        case 'write':
          this.#write(effect.link, effect.bytes);
          break;
        case 'close':
          this.#end(effect.link);
      }
    }
  }

  /** Closes everything, at once. */
  async close(): Promise<void> {
    this.#closed = true;
    const server = this.#server;
    for (const socket of this.#open) socket.destroy();
    this.#sockets.clear();
    this.#door?.close();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #connect(effect: ConnectEffect, index: number, reason = 'it has no address'): void {
    const { sid, addresses, timeoutMs } = effect;
    const address = addresses[index];
    if (address === undefined || this.#closed) {
      this.#tell({ kind: 'connectFailed', sid, reason });
      return;
    }
    const tls = this.#tls?.settings.callsOverTls === true ? this.#tls : null;
    const attempt = callPeer({ to: address, timeoutMs, tls }, (socket) => {
      const link = this.#adopt(socket);
      this.#tell({ kind: 'connected', sid, link });
    }, (failed) => {
      this.#open.delete(attempt);
      this.#connect(effect, index + 1, `${address.host}:${address.port}: ${failed}`);
    });
    this.#open.add(attempt);
  }

  #adopt(socket: Socket): number {
    const link = this.#nextLink++;
    this.#open.add(socket);
    this.#sockets.set(link, socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (this.#sockets.has(link)) {
        this.#tell({ kind: 'data', link, bytes: new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) });
      }
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#sockets.delete(link)) this.#tell({ kind: 'closed', link });
    });
    return link;
  }

  #write(link: number, bytes: Uint8Array): void {
    this.#sockets.get(link)?.write(bytes, (error) => {
      if (error == null && this.#sockets.has(link)) this.#tell({ kind: 'flushed', link });
    });
  }

  #end(link: number): void {
    const socket = this.#sockets.get(link);
    if (socket === undefined) return;
    this.#sockets.delete(link);
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  #tell(input: NetworkInput): void {
    if (this.#closed) return;
    // A failed attempt may be known while effects are still being carried out.
    if (input.kind === 'connectFailed') setImmediate(() => this.#closed || this.#onInput(input));
    else this.#onInput(input);
  }
}
