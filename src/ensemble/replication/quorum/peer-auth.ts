/** How members prove to each other who they are, as those see it who carry the bytes: election and leader port. */

/** How an exchange ended. */
export type AuthEnd =
  /** @property rest bytes that came behind the exchange and are not part of it */
  | { readonly passed: true; readonly rest: Uint8Array }
  /** @property reason one clause for a person */
  | { readonly passed: false; readonly reason: string };

export interface AuthProgress {
  /** To be sent in any case. */
  readonly send: readonly Uint8Array[];
  /** null: it goes on. */
  readonly end: AuthEnd | null;
}

/** One side of one exchange. Nothing is called any more after its end. */
export interface AuthExchange {
  begin(): AuthProgress;
  /** @param chunk kept */
  push(chunk: Uint8Array): AuthProgress;
  /** Nothing more will come, or not in time. @param reason one clause for a person */
  giveUp(reason: string): AuthEnd;
}

export interface PeerAuth {
  /** For connections that this server opens; null when it need not prove anything. */
  readonly caller: (() => AuthExchange) | null;
  /** For connections that others open. */
  readonly called: () => AuthExchange;
}
