/**
 * A TCP proxy that writes down every frame between ZooKeeper clients and a server.
 * In: a label before each step. Out: entries as test/vectors/*.json keep them.
 * Must hold: the bytes are what went over the wire; only their 4-byte length prefix is dropped.
 */
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { host, sleep } from './launch.mjs';

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {number} connection  counts the connections of one file
 * @property {'connectRequest' | 'connectResponse' | 'request' | 'response' | 'notification'} direction
 * @property {number} [opcode]  also on responses: the opcode of the request they answer
 * @property {number} [xid]
 * @property {string} [zxid]  decimal
 * @property {number} [err]
 * @property {string} hex  the payload
 * @property {string} [note]
 */

/** @typedef {{ label: string, opcode: number, note: string | undefined }} Asked */

const PING = 11;
const CREATE_SESSION = -10;
const replyHeaderBytes = 16;

/** @param {number} upstreamPort */
export async function startRecorder(upstreamPort) {
  const recorder = new Recorder(upstreamPort);
  await recorder.listen();
  return recorder;
}

export class Recorder {
  /** @type {Entry[]} */
  entries = [];
  port = 0;
  #upstreamPort;
  #label = '';
  /** @type {string | undefined} */
  #note;
  #connections = 0;
  #lastFrameAt = 0;
  #frames = 0;
  /** @type {Set<string>} */
  #names = new Set();
  /** @type {Set<string>} */
  #pinged = new Set();
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #refusing = false;
  #server = createServer({ noDelay: true }, (client) => this.#accept(client));

  /** @param {number} upstreamPort */
  constructor(upstreamPort) {
    this.#upstreamPort = upstreamPort;
  }

  async listen() {
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
    this.port = /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /**
   * Names what comes next.
   * @param {string} label
   * @param {string} [note]
   */
  label(label, note) {
    this.#label = label;
    this.#note = note;
  }

  /** Adds a note to the newest entry: what followed it, such as a closed connection. @param {string} note */
  noteLast(note) {
    const last = this.entries.at(-1);
    if (last) last.note = last.note === undefined ? note : `${last.note}; ${note}`;
  }

  /** Destroys every connection. With `refuse`, new ones as well, until accept() is called. @param {boolean} [refuse] */
  cut(refuse = false) {
    this.#refusing = refuse;
    for (const socket of this.#sockets) socket.destroy();
  }

  accept() {
    this.#refusing = false;
  }

  /**
   * Waits until frames have come (at least one since the call, unless told otherwise) and then none for a while.
   * @param {number} [ms]
   * @param {number} [atLeast]
   */
  async quiet(ms = 150, atLeast = 1) {
    const before = this.#frames;
    const deadline = Date.now() + 15_000;
    while (this.#frames - before < atLeast || Date.now() - this.#lastFrameAt < ms) {
      if (Date.now() > deadline) throw new Error(`nothing was sent in step "${this.#label}"`);
      await sleep(10);
    }
  }

  async close() {
    this.cut(true);
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {import('node:net').Socket} client */
  #accept(client) {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const connection = ++this.#connections;
    const server = connect({ host, port: this.#upstreamPort, noDelay: true });
    /** @type {Map<number, Asked[]>} */
    const asked = new Map();
    const fromClient = framesOf((payload, index) => this.#onClientFrame(connection, index, payload, asked));
    const fromServer = framesOf((payload, index) => this.#onServerFrame(connection, index, payload, asked));
    for (const [from, to, parse] of /** @type {const} */ ([[client, server, fromClient], [server, client, fromServer]])) {
      this.#sockets.add(from);
      from.on('data', (bytes) => {
        parse(bytes);
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
    }
  }

  /**
   * @param {number} connection
   * @param {number} index
   * @param {Buffer} payload
   * @param {Map<number, Asked[]>} asked
   */
  #onClientFrame(connection, index, payload, asked) {
    const label = this.#label;
    const note = this.#note;
    if (index === 0) {
      askedAt(asked, 'connect').push({ label, opcode: 0, note });
      this.#add({ connection, direction: 'connectRequest', label, payload, note });
      return;
    }
    const xid = payload.readInt32BE(0);
    const opcode = payload.readInt32BE(4);
    askedAt(asked, xid).push({ label, opcode, note });
    this.#add({ connection, direction: 'request', label, payload, note, opcode, xid });
  }

  /**
   * @param {number} connection
   * @param {number} index
   * @param {Buffer} payload
   * @param {Map<number, Asked[]>} asked
   */
  #onServerFrame(connection, index, payload, asked) {
    if (index === 0) {
      const request = askedAt(asked, 'connect').shift();
      const label = request?.label ?? this.#label;
      if (payload.length === replyHeaderBytes) {
        // A reply header instead of a ConnectResponse: a read-only server refuses the session this way.
        this.#add({ connection, direction: 'response', label, payload, note: request?.note, opcode: CREATE_SESSION, ...headerOf(payload) });
        return;
      }
      this.#add({ connection, direction: 'connectResponse', label, payload, note: request?.note });
      return;
    }
    const header = headerOf(payload);
    const { xid } = header;
    if (xid === -1) {
      this.#add({ connection, direction: 'notification', label: this.#label, payload, note: this.#note, ...header });
      return;
    }
    const request = askedAt(asked, xid).shift();
    if (request === undefined) {
      // Only a client-sent createSession is answered without a reply header.
      const odd = [...asked.values()].flat().find((one) => one.opcode === CREATE_SESSION);
      this.#add({ connection, direction: 'connectResponse', label: odd?.label ?? this.#label, payload, note: odd?.note });
      return;
    }
    const { label, opcode, note } = request;
    this.#add({ connection, direction: 'response', label, payload, note, opcode, ...header });
  }

  /**
   * @param {{ connection: number, direction: Entry['direction'], label: string, payload: Buffer,
   *   note?: string | undefined, opcode?: number, xid?: number, zxid?: string, err?: number }} frame
   */
  #add({ connection, direction, label, payload, note, opcode, xid, zxid, err }) {
    const isPing = xid === -2 && opcode === PING;
    if (isPing) {
      // Pings come by the clock: one pair per recording is enough.
      if (this.#pinged.has(direction)) return;
      this.#pinged.add(direction);
    }
    this.#frames += 1;
    this.#lastFrameAt = Date.now();
    this.entries.push({
      name: this.#uniqueName(`${isPing ? 'ping' : label} ${wordFor(direction)}`),
      connection,
      direction,
      ...(opcode === undefined ? {} : { opcode }),
      ...(xid === undefined ? {} : { xid }),
      ...(zxid === undefined ? {} : { zxid }),
      ...(err === undefined ? {} : { err }),
      hex: payload.toString('hex'),
      ...(note === undefined ? {} : { note }),
    });
  }

  /** @param {string} wanted */
  #uniqueName(wanted) {
    let name = wanted;
    for (let count = 2; this.#names.has(name); count += 1) name = `${wanted} ${count}`;
    this.#names.add(name);
    return name;
  }
}

/** @param {Buffer} payload */
const headerOf = (payload) => ({
  xid: payload.readInt32BE(0),
  zxid: payload.readBigInt64BE(4).toString(),
  err: payload.readInt32BE(12),
});

/** @param {Entry['direction']} direction */
function wordFor(direction) {
  return { connectRequest: 'connect request', connectResponse: 'connect response' }[/** @type {string} */ (direction)] ?? direction;
}

/**
 * Requests waiting for an answer, by xid; auth and the handshake have a line of their own.
 * @param {Map<number, Asked[]>} asked
 * @param {number | 'connect'} xid
 * @returns {Asked[]}
 */
function askedAt(asked, xid) {
  const key = xid === 'connect' ? Number.MAX_SAFE_INTEGER : xid;
  const line = asked.get(key) ?? [];
  asked.set(key, line);
  return line;
}

/**
 * Cuts a byte stream into frames.
 * @param {(payload: Buffer, index: number) => void} onFrame
 * @returns {(bytes: Buffer) => void}
 */
export function framesOf(onFrame) {
  /** @type {Buffer} */
  let pending = Buffer.alloc(0);
  let index = 0;
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 4) {
      const length = pending.readInt32BE(0);
      if (length < 0 || pending.length < 4 + length) return;
      onFrame(pending.subarray(4, 4 + length), index++);
      pending = pending.subarray(4 + length);
    }
  };
}

