/** A connection of the simulated network as members and clients see sockets: it can be paused, and tells of its end once. */

import type { ClientSocket, SocketHandler } from '../../../../src/ensemble/listener.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimHandler, SimSocket } from '../sim-network.ts';

/** Runs what happens to a process, unless it is gone. */
export type Enter = (fn: () => void) => void;

export class CarriedSocket implements ClientSocket, SimHandler {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  readonly bufferedBytes = 0;
  handler: SocketHandler | null = null;
  readonly #socket: SimSocket;
  readonly #scheduler: Scheduler;
  readonly #enter: Enter;
  #waiting: Uint8Array[] = [];
  #paused = false;
  #closed = false;
  #told = false;

  constructor(scheduler: Scheduler, socket: SimSocket, enter: Enter) {
    this.#scheduler = scheduler;
    this.#socket = socket;
    this.#enter = enter;
    this.remotePort = socket.wire;
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.write(bytes.slice());
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#waiting.length > 0) this.#scheduler.after(0, () => this.#enter(() => this.#deliver()));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#scheduler.after(0, () => this.#enter(() => this.#tellClosed()));
  }

  onData(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#enter(() => this.#deliver());
  }

  onClose(): void {
    this.#enter(() => {
      this.#closed = true;
      this.#tellClosed();
    });
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return;
      this.handler?.onData(chunk);
    }
  }

  #tellClosed(): void {
    if (this.#told) return;
    this.#told = true;
    this.handler?.onClose();
  }
}
