/** A client of the simulated server: a session that outlives its connections, and a few requests in flight. */

import { below, type Random } from '../../src/base/random.ts';
import type { ClientSocket, SocketHandler } from '../../src/ensemble/listener.ts';
import { ask } from '../interop/server-conversation.ts';
import { connectRequestPayload, jute, parseReply } from '../support/raw-client.ts';
import { BrokenPromise, type Oracle } from './oracle.ts';

const IN_FLIGHT_MAX = 6;
const TIMEOUT_MS = 4000;
const PATHS = ['/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/1', '/c'];
const PAYLOAD_BYTES = [0, 10, 60, 200, 700, 1500];

interface Sent {
  readonly xid: number;
  readonly type: number;
}

export type Accept = (socket: ClientSocket) => SocketHandler | null;

export class SimClient {
  readonly #random: Random;
  readonly #oracle: Oracle;
  #socket: SimSocket | null = null;
  #session: { readonly id: bigint; readonly password: Buffer } | null = null;
  #ready = false;
  #xid = 0;
  #sent: Sent[] = [];
  #seen = 0n;
  readonly #nowMs: () => number;
  /** When the server last heard of it. */
  #spokeMs = 0;
  /** When it asked for its session: a server counts from there, however long its answer takes. */
  #askedMs = 0;
  #saidGoodbye = false;
  answered = 0;

  constructor(random: Random, oracle: Oracle, nowMs: () => number) {
    this.#random = random;
    this.#oracle = oracle;
    this.#nowMs = nowMs;
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  /** The server is gone without a word. */
  lost(): void {
    this.#socket = null;
    this.#ready = false;
    this.#sent = [];
  }

  connect(accept: Accept): void {
    const socket = new SimSocket((frame) => this.#frame(frame), () => {
      if (this.#socket === socket) this.lost();
    });
    const handler = accept(socket);
    if (handler === null) return;
    socket.handler = handler;
    this.#socket = socket;
    this.#askedMs = this.#nowMs();
    const { id = 0n, password = Buffer.alloc(16) } = this.#session ?? {};
    socket.sendFrame(connectRequestPayload({ timeoutMs: TIMEOUT_MS, sessionId: id, password, lastZxidSeen: this.#seen }));
  }

  disconnect(): void {
    this.#socket?.destroy();
    this.lost();
  }

  /** Sends something, if there is room. */
  act(): void {
    if (!this.#ready || this.#sent.length >= IN_FLIGHT_MAX) return;
    const [type, body] = this.#request();
    const xid = ++this.#xid;
    this.#sent.push({ xid, type });
    this.#spokeMs = this.#nowMs();
    if (type === -11) this.#saidGoodbye = true;
    this.#socket?.sendFrame(Buffer.concat([jute.int(xid), jute.int(type), body]));
  }

  #request(): readonly [number, Buffer] {
    const random = this.#random;
    const path = PATHS[below(random, PATHS.length)] as string;
    const version = below(random, 4) === 0 ? below(random, 3) : -1;
    switch (below(random, 16)) {
      case 0:
      case 1:
      case 2:
        return [1, ask.create(path, this.#payload())];
      case 3:
        return [1, ask.create(path, this.#payload(), 1)];
      case 4:
        return [15, ask.create('/s-', this.#payload(), below(random, 2) === 0 ? 2 : 3)];
      case 5:
      case 6:
        return [2, ask.delete(path, version)];
      case 7:
        return [14, ask.multi([1, ask.create(path, this.#payload())], [5, ask.setData('/a', this.#payload())], [2, ask.delete(`${path}/x`)])];
      case 8:
        return [14, ask.multi([1, ask.create(`/m${below(random, 5)}`, 'm')], [5, ask.setData('/', this.#payload())])];
      case 9:
        return [4, ask.read(path)];
      case 10:
        return below(random, 6) === 0 ? [-11, Buffer.alloc(0)] : [3, ask.read(path)];
      default:
        return [5, ask.setData(path, this.#payload(), version)];
    }
  }

  /** Text that no sector of is zeros. */
  #payload(): string {
    return String.fromCharCode(97 + below(this.#random, 26)).repeat(PAYLOAD_BYTES[below(this.#random, PAYLOAD_BYTES.length)] as number);
  }

  #frame(payload: Buffer): void {
    if (!this.#ready) {
      this.#welcome(payload);
      return;
    }
    const reply = parseReply(payload);
    if (reply.xid === -1) return;
    const sent = this.#sent.shift();
    if (sent?.xid !== reply.xid) throw new BrokenPromise(`an answer to ${reply.xid}, but ${sent?.xid ?? 'nothing'} was due`);
    this.answered++;
    if (reply.zxid > this.#seen) this.#seen = reply.zxid;
    this.#oracle.tell(reply.zxid);
    if (sent.type === -11 && reply.err === 0) {
      this.#session = null;
      this.#seen = 0n;
    }
  }

  #welcome(payload: Buffer): void {
    const timeoutMs = payload.readInt32BE(4);
    const id = payload.readBigInt64BE(8);
    if (timeoutMs > 0) {
      if (this.#session !== null && this.#session.id !== id) throw new BrokenPromise('another session than asked for');
      this.#oracle.tellSession(id);
      if (id !== this.#session?.id) this.#saidGoodbye = false;
      this.#session = { id, password: Buffer.from(payload.subarray(20, 36)) };
      this.#ready = true;
      this.#spokeMs = this.#askedMs;
      return;
    }
    // Only because it was closed, or asked for it, or because it was silent for so long that it is about to be.
    const silentMs = this.#nowMs() - this.#spokeMs;
    if (this.#session !== null && !this.#saidGoodbye && silentMs < TIMEOUT_MS && !this.#oracle.wasClosed(this.#session.id)) {
      throw new BrokenPromise(`session 0x${this.#session.id.toString(16)} is gone, and nobody closed it`);
    }
    this.#session = null;
  }
}

class SimSocket implements ClientSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 5555;
  readonly bufferedBytes = 0;
  handler: SocketHandler | null = null;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #onEnd: () => void;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;

  constructor(onFrame: (frame: Buffer) => void, onEnd: () => void) {
    this.#onFrame = onFrame;
    this.#onEnd = onEnd;
  }

  sendFrame(payload: Uint8Array): void {
    if (!this.#closed) this.handler?.onData(new Uint8Array(Buffer.concat([jute.int(payload.length), payload])));
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0);
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      this.#onFrame(frame);
    }
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    queueMicrotask(() => {
      this.handler?.onClose();
      this.#onEnd();
    });
  }
}
