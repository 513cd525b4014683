/**
 * One connection to one server: the socket's chunks become frames. The first frame must be short, so that a peer
 * that does not speak ZooKeeper is found out at once; those behind it may be of any length.
 * Must hold: after close() nothing is reported.
 */

import { WireError } from '../model/errors.ts';
import { FRAME_BYTES_MAX, FrameDecoder } from '../wire/framing.ts';
import { formatServer } from './connect-string.ts';
import type { Connection, ServerAddress, Transport } from './transport.ts';

/** A handshake's answer has 36 or 37 bytes. */
export const FIRST_FRAME_BYTES_MAX = 1_024;
/** The first byte of a TLS alert and of a TLS handshake record; a major version of 3 follows. */
const TLS_RECORD_TYPES: readonly number[] = [0x15, 0x16];

export interface LinkEvents {
  onOpen(): void;
  /** A chunk is about to be read. */
  onHeard(): void;
  /** The payload is only valid within the call. @throws WireError when it is malformed: the link is given up */
  onFrame(payload: Uint8Array): void;
  /** All frames of a chunk were read. */
  onPause(): void;
  /** The connection is gone: it ended, could not be made, or was given up because of what came. */
  onGone(reason: string): void;
}

export class Link {
  readonly server: ServerAddress;
  readonly #events: LinkEvents;
  readonly #connection: Connection;
  readonly #decoder = new FrameDecoder(FIRST_FRAME_BYTES_MAX);
  readonly #onFrame: (payload: Uint8Array) => void;
  #greeted = false;
  #closed = false;

  constructor(transport: Transport, server: ServerAddress, events: LinkEvents) {
    this.server = server;
    this.#events = events;
    this.#onFrame = (payload) => {
      if (this.#closed) return;
      this.#events.onFrame(payload);
    };
    this.#connection = transport.connect(server, {
      onOpen: () => {
        if (!this.#closed) events.onOpen();
      },
      onData: (chunk) => this.#read(chunk),
      onClose: (reason) => {
        if (this.#closed) return;
        this.#closed = true;
        events.onGone(`${formatServer(server)}: ${reason ?? 'the server closed the connection'}`);
      },
    });
  }

  /** The handshake was answered: from now on frames may have any length. */
  greeted(): void {
    this.#greeted = true;
    this.#decoder.limit = FRAME_BYTES_MAX;
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#connection.write(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  #read(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#events.onHeard();
    try {
      this.#decoder.push(chunk, this.#onFrame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.close();
      this.#events.onGone(this.#blame(error.message, chunk));
      return;
    }
    if (!this.#closed) this.#events.onPause();
  }

  #blame(problem: string, chunk: Uint8Array): string {
    const server = formatServer(this.server);
    if (this.#greeted) return `${server} sent what is not ZooKeeper's protocol: ${problem}`;
    return notZooKeeper(server, problem, chunk);
  }
}

/** One sentence about a peer whose first bytes are no answer to the handshake. */
export function notZooKeeper(server: string, problem: string, bytes: Uint8Array): string {
  const tls = TLS_RECORD_TYPES.includes(bytes[0] ?? 0) && bytes[1] === 3;
  return `${server} does not speak ZooKeeper (${tls ? 'it seems to expect TLS' : problem})`;
}
