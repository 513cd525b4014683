/**
 * A neutral client that writes one value after the other, and keeps its session when its server is gone: it tries all
 * servers in turn, every few milliseconds, so that it is never what one waits for.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { host, sleep } from '../../scripts/golden/launch.mjs';
import { framesOf } from '../../scripts/golden/recorder.mjs';
import { connectPayload, int, op, setDataBody } from '../../scripts/golden/raw.mjs';

const PAUSE_MS = 2;
const TRY_EVERY_MS = 5;
/** Apache's server sometimes never answers a connection that it took while it was starting. */
const WELCOME_WITHIN_MS = 250;
const ANSWER_WITHIN_MS = 1_000;
const WRITE = Buffer.concat([int(1), int(op.setData), setDataBody('/', 'x')]);

export class SteadyWriter {
  #ports;
  #at;
  #ended = false;
  #sessionId = 0n;
  /** @type {Buffer} */
  #password = Buffer.alloc(16);
  /** @type {{ after: number, resolve: (ms: number) => void }[]} */
  #waiting = [];
  #running;
  /** Where its session is; null while it has no connection. @type {number | null} */
  port = null;

  /** @param {readonly number[]} ports all servers @param {number} first the index of the one that it begins with */
  constructor(ports, first) {
    this.#ports = ports;
    this.#at = first;
    this.#running = this.#run();
  }

  /** When a write was acknowledged that was asked for at or after this moment (performance.now). @param {number} after @returns {Promise<number>} */
  written(after) {
    return new Promise((resolve) => this.#waiting.push({ after, resolve }));
  }

  async stop() {
    this.#ended = true;
    await this.#running;
  }

  async #run() {
    while (!this.#ended) {
      const port = /** @type {number} */ (this.#ports[this.#at++ % this.#ports.length]);
      await this.#session(port);
      this.port = null;
      await sleep(TRY_EVERY_MS);
    }
  }

  /** Until the connection ends. @param {number} port */
  async #session(port) {
    const socket = connect({ host, port, noDelay: true });
    const closed = once(socket, 'close').then(() => null, () => null);
    socket.on('error', () => undefined);
    /** @type {(frame: Buffer) => void} */
    let take = () => undefined;
    socket.on('data', framesOf((frame) => take(frame)));
    const ask = (/** @type {Uint8Array} */ payload, /** @type {number} */ withinMs) => {
      const answer = /** @type {Promise<Buffer>} */ (new Promise((resolve) => (take = resolve)));
      socket.write(Buffer.concat([int(payload.length), payload]));
      socket.setTimeout(withinMs, () => socket.destroy());
      return Promise.race([answer, closed]);
    };
    const hello = connectPayload({ timeoutMs: 30_000, sessionId: this.#sessionId, password: this.#password });
    const welcome = await ask(hello, WELCOME_WITHIN_MS);
    if (welcome !== null) {
      this.#sessionId = welcome.readBigInt64BE(8);
      this.#password = Buffer.from(welcome.subarray(20, 36));
      this.port = port;
    }
    for (let fine = welcome !== null; fine && !this.#ended; ) {
      const sentMs = performance.now();
      const reply = await ask(WRITE, ANSWER_WITHIN_MS);
      fine = reply !== null && reply.readInt32BE(12) === 0;
      if (fine) this.#tell(sentMs);
      await sleep(PAUSE_MS);
    }
    socket.destroy();
    await closed;
  }

  /** @param {number} sentMs */
  #tell(sentMs) {
    const nowMs = performance.now();
    this.#waiting = this.#waiting.filter(({ after, resolve }) => {
      if (sentMs < after) return true;
      resolve(nowMs);
      return false;
    });
  }
}
