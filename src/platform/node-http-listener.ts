/**
 * HTTP for administration on Node's server. Bounded: headers, connections, time without a byte. Bodies go through in
 * pieces, both ways, as fast as whoever reads them.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpHandler, HttpRequest, HttpResponse, ListenHttp } from '../ensemble/admin/http/exchange.ts';
import { ListenError } from './node-listener.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 100;
/** What is sent along and nobody wants is read so far, for the sender to hear the answer. */
const UNWANTED_BYTES_MAX = 64 * 1024 * 1024;

/** Serves HTTP on a port. @throws ListenError */
export const nodeListenHttp: ListenHttp = async ({ host, port, idleTimeoutMs }, handler) => {
  // A large body may take as long as it likes: what counts is that something comes.
  const options = { maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: idleTimeoutMs, requestTimeout: 0 };
  const server = createServer(options, (request, response) => {
    // Once the request is in, the sender waits in silence for as long as the work takes.
    request.once('end', () => request.socket.setTimeout(0));
    response.once('finish', () => request.socket.setTimeout(idleTimeoutMs));
    void answer(request, response, handler);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(idleTimeoutMs);
  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
};

function listening(server: Server, host: string | null, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ListenError(`cannot listen on ${host ?? '0.0.0.0'}, port ${port}: ${error.code === 'EADDRINUSE' ? 'it is in use' : error.message}`, error.code ?? 'unknown'));
    });
    server.listen({ port, ...(host === null ? {} : { host }) }, () => resolve());
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  request.on('error', () => undefined);
  if (request.method === 'GET' || request.method === 'HEAD') request.resume();
  try {
    await send(request, response, await handler(requestOf(request)));
  } catch {
    // A stream that broke off in the middle must not look like a whole one.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
  dropRest(request);
}

async function send(request: IncomingMessage, response: ServerResponse, { status, contentType, headers, body }: HttpResponse): Promise<void> {
  const whole = body instanceof Uint8Array;
  response.writeHead(status, {
    'content-type': contentType, 'cache-control': 'no-store', ...headers, ...(whole ? { 'content-length': body.length } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else if (whole) response.end(body);
  else await pipeline(Readable.from(body, { objectMode: false }), response);
}

function dropRest(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let bytes = 0;
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > UNWANTED_BYTES_MAX) request.destroy();
  });
}

function requestOf(request: IncomingMessage): HttpRequest {
  const { method = 'GET', url = '/', headers, socket } = request;
  const [path = '/', query = ''] = url.split('?', 2);
  return {
    method,
    path: decoded(path),
    query: new Map(new URLSearchParams(query)),
    authorization: headers.authorization ?? null,
    remoteAddress: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
    body: pieces(request),
  };
}

/** The body's chunks; a reader that stops early leaves the rest to `dropRest`. */
async function* pieces(request: IncomingMessage): AsyncIterable<Uint8Array> {
  for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
