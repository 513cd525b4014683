/** Sockets as the server sees them; platform/ implements this with Node's. */

/** One accepted connection. */
export interface ClientSocket {
  /** Without the ::ffff: in front of an IPv4 address. */
  readonly remoteAddress: string;
  readonly remotePort: number;
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
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; accepted connections stay. */
  close(): Promise<void>;
}

/**
 * Begins to accept connections. `accept` is called for each; null refuses it.
 *
 * @throws UsageError when the address cannot be listened on
 */
export type Listen = (options: ListenOptions, accept: (socket: ClientSocket) => SocketHandler | null) => Promise<Listener>;
