/** HTTP for administration on Node's server: small answers, bounded requests. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpHandler, HttpRequest, ListenHttp } from '../ensemble/admin/http/answer.ts';
import { ListenError } from './node-listener.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 100;

/** Serves HTTP on a port. @throws ListenError */
export const nodeListenHttp: ListenHttp = async ({ host, port, idleTimeoutMs }, handler) => {
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: idleTimeoutMs }, (request, response) => {
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
  // Whatever is sent along is not read.
  request.resume();
  try {
    const { status, contentType, body } = await handler(requestOf(request));
    response.writeHead(status, { 'content-type': contentType, 'content-length': body.length, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  } catch {
    response.writeHead(500);
    response.end();
  }
}

function requestOf({ method = 'GET', url = '/' }: IncomingMessage): HttpRequest {
  const [path = '/', query = ''] = url.split('?', 2);
  return { method, path: decoded(path), query: new Map(new URLSearchParams(query)) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
