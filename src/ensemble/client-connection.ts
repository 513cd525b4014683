/**
 * One client's connection: bytes in, requests out one by one, answers back; held up when the server has too much to
 * do or the client does not read (facts 4.5).
 */

import type { Id } from '../model/acl.ts';
import type { ClientSocket, SocketHandler } from './listener.ts';
import { Admission, type Admitted } from './processors/admission.ts';
import { ConnectionStats } from './processors/stats.ts';
import { certificateOwner } from './processors/auth/x509/principal-name.ts';
import type { DigestMd5Exchange } from './processors/auth/sasl/digest-md5.ts';
import type { ConnectionKey } from './watches/watch-tables.ts';

/** Above this many unsent bytes no further request of the connection is taken. */
const OUTPUT_BYTES_PAUSE = 1024 * 1024;
/** A client that lets this many bytes of watch events and answers lie is given up. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export interface ConnectionOwner {
  admitted(connection: ClientConnection, what: Admitted): void;
  closed(connection: ClientConnection): void;
  /** True while the server as a whole has too many requests in hand (globalOutstandingLimit). */
  overloaded(): boolean;
  /** On the monotonic clock. */
  nowMs(): number;
}

export interface ConnectionStart {
  readonly key: ConnectionKey;
  readonly socket: ClientSocket;
  readonly owner: ConnectionOwner;
  readonly requestBytesMax: number;
  /** Whether there is room for a request of so many bytes. */
  readonly mayCome?: (bytes: number) => boolean;
  /** Milliseconds since 1970. */
  readonly establishedMs: number;
  /** It came to secureClientPort. */
  readonly onSecurePort?: boolean;
  /** The server is read-only. */
  readonly readOnlyServer?: boolean;
}

export class ClientConnection implements SocketHandler {
  readonly key: ConnectionKey;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly establishedMs: number;
  readonly onSecurePort: boolean;
  /** Whom the certificate names that the client showed; null without one. */
  readonly certificateOwner: string | null;
  readonly stats = new ConnectionStats();
  identities: readonly Id[];
  /** From its first SASL token on. */
  saslExchange: DigestMd5Exchange | null = null;
  /** 0 until it has a session. */
  sessionId = 0n;
  timeoutMs = 0;
  /** Whether the client sent the read-only byte, and so expects it back. */
  withReadOnly = false;
  /** True from the connect request until its answer: what the client sends meanwhile waits. */
  connecting = false;
  /** Requests taken whose answer is due. */
  outstanding = 0;
  lastActivityMs: number;
  readonly #socket: ClientSocket;
  readonly #owner: ConnectionOwner;
  readonly #admission: Admission;
  #ended = false;
  #gone = false;
  #paused = false;
  #pumping = false;

  constructor(start: ConnectionStart) {
    const { key, socket, owner } = start;
    this.key = key;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.establishedMs = start.establishedMs;
    this.onSecurePort = start.onSecurePort ?? false;
    this.certificateOwner = socket.tls?.certificate == null ? null : certificateOwner(socket.tls.certificate);
    this.identities = [{ scheme: 'ip', id: socket.remoteAddress }];
    this.lastActivityMs = owner.nowMs();
    this.#socket = socket;
    this.#owner = owner;
    this.#admission = new Admission(start.requestBytesMax, start.mayCome ?? null, start.readOnlyServer);
  }

  get reading(): boolean {
    return !this.#paused && !this.#ended;
  }

  /** No answer can reach the client any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The socket is gone. */
  get gone(): boolean {
    return this.#gone;
  }

  onData(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.lastActivityMs = this.#owner.nowMs();
    this.#admission.push(chunk);
    this.pump();
  }

  onDrain(): void {
    this.pump();
  }

  onClose(): void {
    this.#ended = true;
    this.#gone = true;
    this.#owner.closed(this);
  }

  /** Takes what has come in, as far as nothing holds it up. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#ended && !this.#heldUp()) {
        const next = this.#admission.next();
        if (next === null) break;
        this.#owner.admitted(this, next);
      }
    } finally {
      this.#pumping = false;
    }
    if (!this.#ended) this.#setPaused(this.#heldUp());
  }

  /** One of its requests was answered. */
  answered(): void {
    this.outstanding--;
    if (this.#paused) this.pump();
  }

  send(frame: Uint8Array): void {
    if (this.#ended) return;
    this.stats.sent++;
    this.#socket.write(frame);
    if (this.#socket.bufferedBytes > OUTPUT_BYTES_MAX) this.destroy();
  }

  /** Sends plain bytes that no client counts as a packet. */
  sendText(bytes: Uint8Array): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  /** Sends what was given to `send`, then closes. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
  }

  /** Closes at once. */
  destroy(): void {
    if (this.#gone) return;
    this.#ended = true;
    this.#socket.destroy();
  }

  #heldUp(): boolean {
    if (this.connecting || this.#socket.bufferedBytes > OUTPUT_BYTES_PAUSE) return true;
    return this.outstanding > 0 && this.#owner.overloaded();
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }
}
