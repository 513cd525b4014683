/**
 * A session that sends hand-made requests without waiting for their answers, at most a window of them at a time: fast,
 * and independent of the client that tests and benches look at.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { authBody, connectPayload, int, op } from '../golden/raw.mjs';

const WINDOW = 1000;
/** Of bytes that are on their way: large values wait for each other. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const AUTH_XID = -4;
const TIMEOUT_MS = 40_000;
const PING_MS = 2_000;

export class PipelinedSession {
  #socket;
  /** @type {Buffer} */
  #held = Buffer.alloc(0);
  #xid = 0;
  /** Bytes of each request that is not answered yet. @type {number[]} */
  #pending = [];
  #pendingBytes = 0;
  /** @type {(() => void) | null} */
  #wake = null;
  /** @type {Error | null} */
  #failure = null;
  #handshaken = false;
  /** @type {ReturnType<typeof setInterval>} */
  #ping;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    this.#ping = setInterval(() => this.#write(Buffer.concat([int(-2), int(op.ping)])), PING_MS);
    this.#ping.unref();
  }

  /**
   * @param {string} host @param {number} port
   * @param {readonly (readonly [scheme: string, credentials: string])[]} [auth]
   */
  static async open(host, port, auth = []) {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    const session = new PipelinedSession(socket);
    session.#write(connectPayload({ timeoutMs: TIMEOUT_MS }));
    for (const [scheme, credentials] of auth) session.#write(Buffer.concat([int(AUTH_XID), int(op.auth), authBody(scheme, credentials)]));
    return session;
  }

  /** Sends a request; resolves when there is room for the next. @param {number} type @param {Uint8Array} body */
  async send(type, body) {
    while (this.#pending.length >= WINDOW || (this.#pendingBytes + body.length > WINDOW_BYTES && this.#pending.length > 0)) await this.#answer();
    if (this.#failure !== null) throw this.#failure;
    this.#pending.push(body.length);
    this.#pendingBytes += body.length;
    this.#write(Buffer.concat([int(++this.#xid), int(type), body]));
    if (this.#socket.writableLength > WINDOW_BYTES) await once(this.#socket, 'drain');
  }

  /** Waits for every answer. @throws when one of them was a refusal */
  async settle() {
    while (this.#pending.length > 0) await this.#answer();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends the session. */
  async close() {
    await this.settle();
    await this.send(op.closeSession, Buffer.alloc(0));
    await this.settle();
    clearInterval(this.#ping);
    this.#socket.destroy();
  }

  #answer() {
    if (this.#failure !== null) throw this.#failure;
    return /** @type {Promise<void>} */ (new Promise((resolve) => (this.#wake = resolve)));
  }

  /** @param {Uint8Array} payload */
  #write(payload) {
    this.#socket.write(Buffer.concat([int(payload.length), payload]));
  }

  /** @param {Error} error */
  #fail(error) {
    clearInterval(this.#ping);
    this.#failure ??= error;
    this.#wake?.();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= 4 && this.#held.length >= 4 + this.#held.readInt32BE(0)) {
      const frame = this.#held.subarray(4, 4 + this.#held.readInt32BE(0));
      this.#held = this.#held.subarray(4 + frame.length);
      if (this.#handshaken) this.#takeReply(frame);
      this.#handshaken = true;
    }
  }

  /** @param {Buffer} frame */
  #takeReply(frame) {
    const xid = frame.readInt32BE(0);
    const err = frame.readInt32BE(12);
    if (xid === AUTH_XID && err !== 0) this.#fail(new Error('the credentials were refused'));
    if (xid < 0) return;
    this.#pendingBytes -= this.#pending.shift() ?? 0;
    if (err !== 0) this.#fail(new Error(`request ${xid} was refused: ${err}`));
    this.#wake?.();
  }
}
