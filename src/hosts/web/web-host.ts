/**
 * The web host: the view's files over HTTP and its calls over a WebSocket, for browsers on this machine.
 * In: what opens a door to the dispatcher for each view, the folder of the view. Out: an address to open.
 * Must hold: nobody without the token or the cookie learns anything but how to get in; every answer carries the
 * security headers.
 */

import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Logger } from '../../base/logger.ts';
import { SESSION_PATH, SOCKET_PATH, VIEW_FRAME_BYTES_MAX } from '../../contract/wire-api.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { listStaticFiles, type StaticFile, type StaticFiles } from '../static-files.ts';
import { serveView, type OpenDoor } from '../view-session.ts';
import { Access } from './access.ts';
import { refusalPage } from './refusal-page.ts';
import { reachableHost } from './reachable-host.ts';
import { CHANNEL_LIMITS, socketChannel, type ChannelLimits } from './socket-channel.ts';

export interface WebHostOptions {
  readonly openDoor: OpenDoor;
  /** The built view. */
  readonly folder: string;
  /** A PNG for browsers that ask for the site's icon without being told of one. */
  readonly icon?: string;
  /** Name or address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
  readonly limits?: Partial<ChannelLimits>;
}

export interface WebHost {
  /** To be opened first; holds the token. */
  readonly url: string;
  /** An address like `url` that opens once, within two minutes. */
  ticketUrl(): string;
  /** Without anything secret. */
  readonly origin: string;
  readonly port: number;
  /** Cuts every view off and stops listening. */
  close(): Promise<void>;
}

/** Browsers' windows at once; one more is turned away. */
const VIEWS_MAX = 64;
/** RFC 6455, 7.4.1 */
const GOING_AWAY = 1001;
const GOODBYE_MS = 500;

/**
 * Listens and serves.
 *
 * @throws the system's error (EADDRINUSE, EACCES, ENOTFOUND, ...) when it cannot listen, ENOENT when the view is not built
 */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const files = await filesOf(options);
  const server = createServer({ maxHeaderSize: 16 * 1024, requireHostHeader: false });
  const port = await listen(server, options);
  const access = new Access({ host: options.host, port });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: VIEW_FRAME_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const limits = { ...CHANNEL_LIMITS, ...options.limits };

  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void answer(message, response, access, files, options.logger);
  });
  server.on('upgrade', (message: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const refusal = upgradeRefusal(message, access, sockets.clients.size);
    if (refusal !== null) {
      refuseUpgrade(stream, refusal);
      return;
    }
    sockets.handleUpgrade(message, stream, head, (socket) => {
      serveView(socketChannel(socket, limits), options.openDoor, options.logger);
    });
  });

  server.on('clientError', (_error, stream) => {
    if (stream.writable) refuseUpgrade(stream, { status: '400 Bad Request', reason: 'This request cannot be read.' });
    else stream.destroy();
  });

  const origin = `http://${bracketed(reachableHost(options.host))}:${port}`;
  return {
    url: `${origin}/?token=${access.token}`,
    ticketUrl: () => `${origin}/?token=${access.ticket()}`,
    origin,
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sayGoodbye([...sockets.clients]);
      sockets.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function filesOf({ folder, icon }: WebHostOptions): Promise<StaticFiles> {
  const files = await listStaticFiles(folder);
  if (icon === undefined || files.has('/favicon.ico')) return files;
  return new Map([...files, ['/favicon.ico', { file: icon, type: 'image/png', immutable: false }]]);
}

/** Closes the views' sockets; one that does not answer in time is cut off. */
async function sayGoodbye(clients: readonly WebSocket[]): Promise<void> {
  const ends = clients.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
  for (const socket of clients) {
    socket.resume();
    socket.close(GOING_AWAY, 'Zooscope has ended');
  }
  const timer = setTimeout(() => {
    for (const socket of clients) socket.terminate();
  }, GOODBYE_MS);
  await Promise.all(ends);
  clearTimeout(timer);
}

function listen(server: Server, { host, port }: WebHostOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  access: Access,
  files: StaticFiles,
  logger: Logger,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  try {
    await route(message, response, access, files);
  } catch (error) {
    logger.log('warn', `an answer to ${message.method ?? ''} failed: ${String(error)}`);
    if (response.headersSent) response.destroy();
    else sendPage(message, response, 500, 'Something went wrong', 'The file could not be read.');
  }
}

async function route(message: IncomingMessage, response: ServerResponse, access: Access, files: StaticFiles): Promise<void> {
  const url = parsedUrl(message.url ?? '/');
  if (url === null) return sendPage(message, response, 400, 'Bad address', 'This address cannot be read.');
  const verdict = access.request(message, url);
  if (verdict.kind === 'refused') {
    const title = verdict.status === 401 ? 'Not let in' : 'Refused';
    return sendPage(message, response, verdict.status, title, verdict.reason);
  }
  if (message.method !== 'GET' && message.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendPage(message, response, 405, 'Not possible', 'Only reading is possible here.');
  }
  if (verdict.kind === 'enter') {
    response.writeHead(303, { 'Set-Cookie': verdict.cookie, Location: '/' }).end();
    return undefined;
  }
  if (url.pathname === SESSION_PATH) {
    response.writeHead(204).end();
    return undefined;
  }
  const file = files.get(url.pathname);
  if (file === undefined) return sendPage(message, response, 404, 'Nothing here', 'There is no such page.');
  return sendFile(message, response, file);
}

/** Only a path: an absolute URL in the request line is for proxies. */
function parsedUrl(target: string): URL | null {
  return target.startsWith('/') && URL.canParse(target, 'http://host') ? new URL(`http://host${target}`) : null;
}

async function sendFile(message: IncomingMessage, response: ServerResponse, file: StaticFile): Promise<void> {
  response.setHeader('Content-Type', file.type);
  if (file.immutable) response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
  if (message.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    await pipeline(createReadStream(file.file), response);
  } catch (error) {
    // A browser that goes away in the middle is no trouble.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function sendPage(message: IncomingMessage, response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(message.method === 'HEAD' ? undefined : refusalPage({ status, title, text }));
}

interface UpgradeRefusal {
  readonly status: string;
  readonly reason: string;
}

function upgradeRefusal(message: IncomingMessage, access: Access, views: number): UpgradeRefusal | null {
  const verdict = access.upgrade(message);
  if (verdict.kind === 'refused') {
    return { status: verdict.status === 401 ? '401 Unauthorized' : '403 Forbidden', reason: verdict.reason };
  }
  if (parsedUrl(message.url ?? '')?.pathname !== SOCKET_PATH) return { status: '404 Not Found', reason: 'Nothing here.' };
  if (views >= VIEWS_MAX) return { status: '503 Service Unavailable', reason: `${VIEWS_MAX} windows are open already.` };
  return null;
}

function refuseUpgrade(stream: Duplex, { status, reason }: UpgradeRefusal): void {
  const headers = { ...SECURITY_HEADERS, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.end(`HTTP/1.1 ${status}\r\n${lines.join('')}Content-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`);
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
