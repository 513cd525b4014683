/**
 * The neutral client of the server bench: hand-made frames on bare sockets, so that neither server's own client
 * library is in the picture. A process of its own. In: one JSON argument. Out: one JSON line.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { connectPayload, createBody, int, op, pathWatch, setDataBody } from '../../scripts/golden/raw.mjs';

/**
 * @typedef {object} Load
 * @property {string} host
 * @property {readonly number[]} ports  the connections are spread over them
 * @property {'get' | 'set' | 'create' | 'exists' | 'watch'} kind
 * @property {number} connections
 * @property {number} inFlight  for each connection
 * @property {number} nodes  how many nodes there are to read and set; for create and watch: how many to make in all
 * @property {number} dataBytes
 * @property {number} seconds  0: until `nodes` are done
 * @property {string} prefix
 * @property {boolean} [linger]  stay connected until standard input closes
 */

/** @type {Load} */
const load = JSON.parse(process.argv[2] ?? '{}');
const data = Buffer.alloc(load.dataBytes, 'd');
const PARENT = '/bench';

let started = 0;
let answered = 0;
let refused = 0;
let measuring = false;
let ending = false;
/** @type {number[]} */
const latencies = [];

/** @param {number} n the number of the request in the whole run @returns {[number, Buffer]} */
function request(n) {
  const path = `${PARENT}/${load.kind === 'watch' ? 'n' : ''}${n % load.nodes}`;
  switch (load.kind) {
    case 'get': return [op.getData, pathWatch(path)];
    case 'watch': return [op.getData, pathWatch(path, true)];
    case 'exists': return [op.exists, pathWatch(path)];
    case 'set': return [op.setData, setDataBody(path, data)];
    default: return [op.create, createBody(`${PARENT}/${load.prefix}${n}`, data)];
  }
}

class Connection {
  #socket;
  /** @type {Buffer} */
  #held = Buffer.alloc(0);
  #welcomed = false;
  #xid = 0;
  /** When each was sent, oldest first, from `#first` on. @type {number[]} */
  #sent = [];
  #first = 0;

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({ host: load.host, port, noDelay: true });
  }

  /** @param {() => void} onIdle  nothing is in flight any more */
  async open(onIdle) {
    this.onIdle = onIdle;
    this.#socket.on('error', (error) => { throw error; });
    await once(this.#socket, 'connect');
    const payload = connectPayload({ timeoutMs: 30_000 });
    this.#socket.write(Buffer.concat([int(payload.length), payload]));
    this.#socket.on('data', (chunk) => this.#take(chunk));
    while (!this.#welcomed) await new Promise((resolve) => setImmediate(resolve));
  }

  begin() {
    this.#send(load.inFlight);
  }

  end() {
    this.#socket.destroy();
  }

  /** @param {number} count */
  #send(count) {
    /** @type {Buffer[]} */
    const frames = [];
    for (let i = 0; i < count; i++) {
      if (ending || (load.seconds === 0 && started >= load.nodes)) break;
      const [type, body] = request(started++);
      frames.push(int(body.length + 8), int(++this.#xid), int(type), body);
      this.#sent.push(performance.now());
    }
    if (frames.length > 0) this.#socket.write(Buffer.concat(frames));
    else if (this.#first === this.#sent.length) this.onIdle?.();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    let count = 0;
    const now = performance.now();
    while (this.#held.length - at >= 4) {
      const length = this.#held.readInt32BE(at);
      if (this.#held.length - at < 4 + length) break;
      if (!this.#welcomed) this.#welcomed = true;
      else {
        if (this.#held.readInt32BE(at + 16) !== 0) refused++;
        if (measuring) {
          latencies.push(now - /** @type {number} */ (this.#sent[this.#first]));
          answered++;
        }
        this.#first++;
        count++;
      }
      at += 4 + length;
    }
    this.#held = this.#held.subarray(at);
    if (this.#first > 4096) {
      this.#sent = this.#sent.slice(this.#first);
      this.#first = 0;
    }
    if (count > 0) this.#send(count);
  }
}

const connections = Array.from({ length: load.connections }, (_, n) => new Connection(/** @type {number} */ (load.ports[n % load.ports.length])));
let busy = connections.length;
/** @type {() => void} */
let allIdle = () => undefined;
const done = /** @type {Promise<void>} */ (new Promise((resolve) => (allIdle = resolve)));
await Promise.all(connections.map((connection) => connection.open(() => { if (--busy === 0) allIdle(); })));
for (const connection of connections) connection.begin();
// The first moments belong to connecting and filling the pipe.
if (load.seconds > 0) await new Promise((resolve) => setTimeout(resolve, 200));
measuring = true;
const beganMs = performance.now();
if (load.seconds > 0) {
  await new Promise((resolve) => setTimeout(resolve, load.seconds * 1000));
  measuring = false;
}
const tookMs = performance.now() - beganMs;
ending = load.seconds > 0;
await done;
const tookAllMs = load.seconds > 0 ? tookMs : performance.now() - beganMs;
latencies.sort((a, b) => a - b);
const share = (/** @type {number} */ part) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? NaN;
process.stdout.write(`${JSON.stringify({ perSecond: (answered / tookAllMs) * 1000, p50: share(0.5), p99: share(0.99), refused, started })}\n`);
if (load.linger === true) {
  process.stdin.resume();
  await once(process.stdin, 'end');
}
for (const connection of connections) connection.end();
process.exit(0);
