/** What the client needs of the outside world; platform/ implements it with Node's sockets. */

/** One connection to one server. Nothing is reported after close() was called. */
export interface Connection {
  write(bytes: Uint8Array): void;
  /** Ends the connection at once; onClose is not called for it. */
  close(): void;
}

export interface ConnectionEvents {
  onOpen(): void;
  /** The chunk may be reused after the call. */
  onData(chunk: Uint8Array): void;
  /** Called once, also when the connection could never be made. @param reason one clause, null for a plain end */
  onClose(reason: string | null): void;
}

export interface Transport {
  /** Begins to connect; `onOpen` or `onClose` tells how it went, never within this call. */
  connect(address: ServerAddress, events: ConnectionEvents): Connection;
}

/** A server of a connect string. IPv6 addresses stand without brackets. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}
