/** Sockets as the server sees them; platform/ implements this with Node's. */

import type { TlsSettings } from './config/tls-settings.ts';

/** The other end of a connection over TLS. */
export interface TlsPeer {
  /** The client's certificate in DER, verified by those that are trusted here; null when it showed none. */
  readonly certificate: Uint8Array | null;
}

/** One accepted connection. */
export interface ClientSocket {
  /** Without the ::ffff: in front of an IPv4 address. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Absent on a connection in the clear. */
  readonly tls?: TlsPeer;
  /** Bytes that were written and that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Puts a copy of the bytes in line; what is written in one turn of the event loop leaves together. */
  write(bytes: Uint8Array): void;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. Nothing is read any more. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface SocketHandler {
  /** The chunk is the handler's to keep. */
  onData(chunk: Uint8Array): void;
  /** Everything written has left. */
  onDrain(): void;
  /** The connection is gone, whoever ended it. Called once. */
  onClose(): void;
}

export interface ListenOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** null: every address. */
  readonly host: string | null;
  /** -1: the system's own choice. */
  readonly backlog: number;
  /** Absent: in the clear. */
  readonly tls?: TlsListening;
}

export interface TlsListening {
  readonly settings: TlsSettings;
  /** Clients in the clear may come to the same port; the first bytes tell them apart. */
  readonly plainToo: boolean;
  readonly handshakes: HandshakeGate;
}

/** Told of the connections of which it is not known yet who they are, and may turn them away. */
export interface HandshakeGate {
  /** A connection has come. False closes it before anything costly is done. */
  begin(remoteAddress: string): boolean;
  /**
   * It is known who it is, or it is gone. Called once for each that was let in, before it is accepted.
   *
   * @param failed why it will not be accepted; null when it will be
   */
  end(remoteAddress: string, failed: string | null): void;
  /** Keys or certificates were replaced. @param failed why those from before go on being used; null when they do not */
  reloaded(failed: string | null): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; accepted connections stay. */
  close(): Promise<void>;
}

/**
 * Begins to accept connections. `accept` is called for each, over TLS after the handshake; null refuses it.
 *
 * @throws UsageError when the address cannot be listened on, or a file with keys or certificates cannot be used
 */
export type Listen = (options: ListenOptions, accept: (socket: ClientSocket) => SocketHandler | null) => Promise<Listener>;
