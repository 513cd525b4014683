/**
 * A bare socket for tests that need exact bytes: sends hand-made frames, reads frames, nothing more.
 * In: payloads without their length prefix. Out: payloads without their length prefix.
 * Must hold: no dependency on src/, so that it can judge src/.
 */

import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

const replyTimeoutMs = 10_000;

/** Sends a four-letter word and returns the whole reply text. Rejects when nobody answers in time. */
export function fourLetterWord(host: string, port: number, word: string, timeoutMs = 3_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host, port });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer to ${word} from ${host}:${port} within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

/** Just enough jute writing for hand-made requests. */
export const jute = {
  byte: (value: number): Buffer => Buffer.of(value & 0xff),
  bool: (value: boolean): Buffer => Buffer.of(value ? 1 : 0),
  int: (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  long: (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt.asIntN(64, value));
    return bytes;
  },
  buffer: (value: Uint8Array | null): Buffer =>
    value === null ? jute.int(-1) : Buffer.concat([jute.int(value.length), value]),
  string: (value: string | null): Buffer => jute.buffer(value === null ? null : Buffer.from(value, 'utf8')),
  vector: (items: readonly Uint8Array[] | null): Buffer =>
    items === null ? jute.int(-1) : Buffer.concat([jute.int(items.length), ...items]),
  acl: (perms: number, scheme: string, id: string): Buffer =>
    Buffer.concat([jute.int(perms), jute.string(scheme), jute.string(id)]),
} as const;

export interface RawReply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Buffer;
}

export interface RawSession {
  readonly protocolVersion: number;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Buffer;
  /** Absent when the server sent no such byte. */
  readonly readOnly: boolean | undefined;
}

export interface RawConnectOptions {
  readonly timeoutMs?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  readonly lastZxidSeen?: bigint;
  /** `'omit'` leaves the trailing byte out, as clients up to 3.3 do. */
  readonly readOnly?: boolean | 'omit';
}

export interface RawClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone, by whichever side. */
  readonly closed: Promise<void>;
  /** Writes these exact bytes. */
  sendBytes(bytes: Uint8Array): void;
  /** Writes one frame: the length, then the payload. */
  sendFrame(payload: Uint8Array): void;
  /** The next frame's payload; rejects when the connection ends or nothing comes in time. */
  readFrame(timeoutMs?: number): Promise<Buffer>;
  /** The connect handshake. */
  connectSession(options?: RawConnectOptions): Promise<RawSession>;
  /** Sends one request (a fresh xid unless given) and reads the next frame as its reply. */
  request(opcode: number, body?: Uint8Array, xid?: number): Promise<RawReply>;
  destroy(): void;
}

/** Connects a raw client; nothing is sent yet. */
export async function connectRaw(host: string, port: number): Promise<RawClient> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return rawClientOver(socket);
}

/** The same over TLS, after the handshake. The server's name is not checked. */
export async function connectRawTls(host: string, port: number, options: ConnectionOptions): Promise<RawClient> {
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed during the handshake')));
  });
  return rawClientOver(socket);
}

/** The payload of a connect request. */
export function connectRequestPayload(options: RawConnectOptions = {}): Buffer {
  const { timeoutMs = 10_000, sessionId = 0n, password = Buffer.alloc(16), lastZxidSeen = 0n } = options;
  const readOnly = options.readOnly ?? false;
  return Buffer.concat([
    jute.int(0),
    jute.long(lastZxidSeen),
    jute.int(timeoutMs),
    jute.long(sessionId),
    jute.buffer(password),
    ...(readOnly === 'omit' ? [] : [jute.bool(readOnly)]),
  ]);
}

function rawClientOver(socket: Socket): RawClient {
  const frames = frameQueue(socket);
  let nextXid = 1;
  const client: RawClient = {
    socket,
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    sendBytes: (bytes) => void socket.write(bytes),
    sendFrame: (payload) => void socket.write(Buffer.concat([jute.int(payload.length), payload])),
    readFrame: (timeoutMs = replyTimeoutMs) => frames.next(timeoutMs),
    async connectSession(options) {
      client.sendFrame(connectRequestPayload(options));
      return parseConnectResponse(await client.readFrame());
    },
    async request(opcode, body = Buffer.alloc(0), xid = nextXid++) {
      client.sendFrame(Buffer.concat([jute.int(xid), jute.int(opcode), body]));
      return parseReply(await client.readFrame());
    },
    destroy: () => void socket.destroy(),
  };
  return client;
}

/** Splits a reply frame into header and body. */
export function parseReply(payload: Buffer): RawReply {
  return {
    xid: payload.readInt32BE(0),
    zxid: payload.readBigInt64BE(4),
    err: payload.readInt32BE(12),
    body: payload.subarray(16),
  };
}

function parseConnectResponse(payload: Buffer): RawSession {
  const passwordLength = Math.max(0, payload.readInt32BE(16));
  const end = 20 + passwordLength;
  return {
    protocolVersion: payload.readInt32BE(0),
    timeoutMs: payload.readInt32BE(4),
    sessionId: payload.readBigInt64BE(8),
    password: payload.subarray(20, end),
    readOnly: payload.length > end ? payload.readUInt8(end) !== 0 : undefined,
  };
}

interface Waiter {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function frameQueue(socket: Socket): { next(timeoutMs: number): Promise<Buffer> } {
  const ready: Buffer[] = [];
  const waiting: Waiter[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let ended: Error | undefined;

  const settle = (): void => {
    while (waiting.length > 0) {
      const frame = ready.shift();
      if (frame === undefined && ended === undefined) return;
      const waiter = waiting.shift();
      if (waiter === undefined) return;
      clearTimeout(waiter.timer);
      if (frame !== undefined) waiter.resolve(frame);
      else waiter.reject(ended ?? new Error('connection ended'));
    }
  };
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 4) {
      const length = pending.readInt32BE(0);
      if (length < 0) {
        socket.destroy(new Error(`the peer sent a frame length of ${length}`));
        return;
      }
      if (pending.length < 4 + length) break;
      ready.push(pending.subarray(4, 4 + length));
      pending = pending.subarray(4 + length);
    }
    settle();
  });
  socket.on('error', (error) => {
    ended ??= error;
    settle();
  });
  socket.on('close', () => {
    ended ??= new Error(`the connection was closed with ${pending.length} bytes of an unfinished frame`);
    settle();
  });
  return {
    next: (timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const index = waiting.findIndex((waiter) => waiter.timer === timer);
          if (index >= 0) waiting.splice(index, 1);
          reject(new Error(`no frame within ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.push({ resolve, reject, timer });
        settle();
      }),
  };
}
