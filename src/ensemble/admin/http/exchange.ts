/** HTTP as administration needs it; platform/ serves it. */

export interface HttpRequest {
  readonly method: string;
  /** Without the query, percent-decoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** The header of that name. */
  readonly authorization: string | null;
  readonly remoteAddress: string;
  /** What is sent along. What a handler does not read is thrown away, or ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves HTTP. @throws UsageError when the address cannot be listened on */
export type ListenHttp = (
  options: { readonly host: string | null; readonly port: number; readonly idleTimeoutMs: number },
  handler: HttpHandler,
) => Promise<HttpListener>;
