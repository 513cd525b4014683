/**
 * One proxied connection: two lanes, each a queue of bytes with a due time, and the two sockets they run between.
 * Must hold: order within a lane is kept, the end of a stream comes after its bytes, destroy() leaves no timer.
 */

import { connect, type Socket } from 'node:net';
import type { FaultDirection } from './fault-proxy.ts';

export interface LinkSettings {
  latencyMs: { readonly toServer: number; readonly toClient: number };
  chunking: { readonly bytes: number; readonly pauseMs?: number } | undefined;
}

const queuedBytesMax = 8 * 1024 * 1024;

/** One client connection and, once asked for, its connection to the server. */
export class ProxyLink {
  readonly #client: Socket;
  readonly #lanes: { readonly toServer: Lane; readonly toClient: Lane };
  readonly #onClosed: () => void;
  #server: Socket | undefined;
  #destroyed = false;

  constructor(
    client: Socket,
    settings: LinkSettings,
    counted: { toServer: number; toClient: number },
    onClosed: () => void,
  ) {
    this.#client = client;
    this.#onClosed = onClosed;
    this.#lanes = {
      toServer: new Lane(settings, 'toServer', counted),
      toClient: new Lane(settings, 'toClient', counted),
    };
    this.#lanes.toServer.readFrom(client);
    this.#lanes.toClient.writeTo(client);
    this.#watch(client);
  }

  /** Connects to the server and lets what the client already sent flow. */
  connectUpstream(upstream: { readonly host: string; readonly port: number }): void {
    if (this.#server !== undefined || this.#destroyed) return;
    const server = connect({ ...upstream, noDelay: true, allowHalfOpen: true });
    this.#server = server;
    this.#lanes.toClient.readFrom(server);
    this.#watch(server);
    server.once('connect', () => this.#lanes.toServer.writeTo(server));
  }

  /** Keeps back what flows in this direction. */
  hold(direction: FaultDirection): void {
    this.#lanes[direction].hold();
  }

  /** Lets both directions flow again, connecting first where that was never done. */
  release(upstream: { readonly host: string; readonly port: number }): void {
    this.connectUpstream(upstream);
    this.#lanes.toServer.release();
    this.#lanes.toClient.release();
  }

  /** Writes bytes at once, past the queue. */
  inject(bytes: Uint8Array, direction: FaultDirection): void {
    this.#lanes[direction].inject(bytes);
  }

  /** Ends both connections with a reset; resolves when they are gone. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#lanes.toServer.stop();
    this.#lanes.toClient.stop();
    this.#onClosed();
    await Promise.all([this.#client, ...(this.#server === undefined ? [] : [this.#server])].map(resetSocket));
  }

  #watch(socket: Socket): void {
    // A reset of one side goes on to the other, unless the lane towards it is held: then nobody hears of it.
    socket.on('error', () => {});
    socket.once('close', (hadError) => {
      const lane = socket === this.#client ? this.#lanes.toServer : this.#lanes.toClient;
      if (hadError && !lane.held) void this.destroy();
      else this.#finishWhenBothClosed();
    });
  }

  #finishWhenBothClosed(): void {
    if (this.#destroyed || !this.#client.destroyed) return;
    if (this.#server === undefined || this.#server.destroyed) void this.destroy();
  }
}

interface Piece {
  readonly bytes: Buffer | 'end';
  readonly dueAt: number;
}

class Lane {
  readonly #settings: LinkSettings;
  readonly #direction: FaultDirection;
  readonly #counted: { toServer: number; toClient: number };
  readonly #queue: Piece[] = [];
  #queuedBytes = 0;
  #source: Socket | undefined;
  #target: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitingForDrain = false;
  #stopped = false;
  held = false;

  constructor(settings: LinkSettings, direction: FaultDirection, counted: { toServer: number; toClient: number }) {
    this.#settings = settings;
    this.#direction = direction;
    this.#counted = counted;
  }

  readFrom(source: Socket): void {
    this.#source = source;
    source.on('data', (bytes: Buffer) => {
      this.#queuedBytes += bytes.length;
      if (this.#queuedBytes > queuedBytesMax) source.pause();
      this.#enqueue(bytes);
    });
    source.once('end', () => this.#enqueue('end'));
  }

  writeTo(target: Socket): void {
    this.#target = target;
    target.on('drain', () => {
      this.#waitingForDrain = false;
      this.#pump();
    });
    this.#pump();
  }

  hold(): void {
    this.held = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    this.held = false;
    // Latency is over as well: whatever waited may go on now.
    for (const [index, piece] of this.#queue.entries()) this.#queue[index] = { bytes: piece.bytes, dueAt: 0 };
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump();
  }

  inject(bytes: Uint8Array): void {
    const target = this.#target;
    if (target === undefined || !target.writable) return;
    this.#counted[this.#direction] += bytes.length;
    target.write(bytes);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  #enqueue(bytes: Buffer | 'end'): void {
    if (this.#stopped) return;
    const dueAt = performance.now() + this.#settings.latencyMs[this.#direction];
    // A latency lowered meanwhile must not let later bytes overtake.
    const previous = this.#queue.at(-1);
    this.#queue.push({ bytes, dueAt: Math.max(dueAt, previous?.dueAt ?? 0) });
    this.#pump();
  }

  #pump(): void {
    while (!this.#stopped && !this.held && !this.#waitingForDrain && this.#timer === undefined) {
      const target = this.#target;
      const piece = this.#queue[0];
      if (target === undefined || piece === undefined) return;
      const waitMs = piece.dueAt - performance.now();
      // Timers may fire a fraction of a millisecond early.
      if (waitMs > 0.5) return this.#pumpLater(waitMs);
      this.#write(piece, target);
    }
  }

  #write(piece: Piece, target: Socket): void {
    if (piece.bytes === 'end' || !target.writable) {
      this.#queue.shift();
      if (piece.bytes === 'end') target.end();
      else this.#consumed(piece.bytes.length);
      return;
    }
    const { chunking } = this.#settings;
    const part = chunking === undefined ? piece.bytes : piece.bytes.subarray(0, chunking.bytes);
    const rest = piece.bytes.subarray(part.length);
    if (rest.length === 0) this.#queue.shift();
    else this.#queue[0] = { bytes: rest, dueAt: piece.dueAt };
    this.#counted[this.#direction] += part.length;
    this.#waitingForDrain = !target.write(part);
    this.#consumed(part.length);
    if (chunking !== undefined) this.#pumpLater(chunking.pauseMs ?? 1);
  }

  #consumed(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes <= queuedBytesMax) this.#source?.resume();
  }

  #pumpLater(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, ms);
  }
}

function resetSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    // A socket that was ended already waits for ever with a reset.
    if (socket.connecting || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  });
}
