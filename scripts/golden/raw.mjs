/**
 * Hand-made requests: jute in as few lines as possible, and a client that sends one frame and waits for its answer.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { framesOf } from './recorder.mjs';
import { host } from './launch.mjs';

export const op = /** @type {const} */ ({
  createSession: -10, closeSession: -11, create: 1, delete: 2, exists: 3, getData: 4, setData: 5, getACL: 6, setACL: 7,
  getChildren: 8, sync: 9, ping: 11, getChildren2: 12, check: 13, multi: 14, create2: 15, reconfig: 16,
  checkWatches: 17, removeWatches: 18, createContainer: 19, deleteContainer: 20, createTTL: 21, multiRead: 22,
  auth: 100, setWatches: 101, sasl: 102, getEphemerals: 103, getAllChildrenNumber: 104, setWatches2: 105,
  addWatch: 106, whoAmI: 107,
});

/** @typedef {readonly [perms: number, scheme: string, id: string]} Acl */

/** @type {readonly Acl[]} */
export const openAcl = [[31, 'world', 'anyone']];

/** @param {number} value */
export const int = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** @param {bigint} value */
export const long = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
/** @param {boolean} value */
export const bool = (value) => Buffer.of(value ? 1 : 0);
/** @param {Uint8Array | null} value */
export const buffer = (value) => (value === null ? int(-1) : Buffer.concat([int(value.length), value]));
/** @param {string | null} value */
export const string = (value) => buffer(value === null ? null : Buffer.from(value, 'utf8'));
/** @param {readonly Uint8Array[] | null} items */
export const vector = (items) => (items === null ? int(-1) : Buffer.concat([int(items.length), ...items]));
/** @param {readonly string[]} items */
export const strings = (items) => vector(items.map(string));
/** @param {readonly Acl[] | null} acls */
export const aclVector = (acls) =>
  vector(acls === null ? null : acls.map(([perms, scheme, id]) => Buffer.concat([int(perms), string(scheme), string(id)])));

/** @param {string | Uint8Array | null} data */
const dataOf = (data) => buffer(typeof data === 'string' ? Buffer.from(data, 'utf8') : data);

/**
 * The body of create, create2 and createContainer.
 * @param {string} path
 * @param {string | Uint8Array | null} [data]
 * @param {number} [flags]
 * @param {readonly Acl[] | null} [acls]
 */
export const createBody = (path, data = '', flags = 0, acls = openAcl) =>
  Buffer.concat([string(path), dataOf(data), aclVector(acls), int(flags)]);
/** @param {string} path @param {string} data @param {number} flags @param {bigint} ttl */
export const createTtlBody = (path, data, flags, ttl) => Buffer.concat([createBody(path, data, flags), long(ttl)]);
/** @param {string} path @param {boolean} [watch] */
export const pathWatch = (path, watch = false) => Buffer.concat([string(path), bool(watch)]);
/** @param {string} path @param {number} number */
export const pathInt = (path, number) => Buffer.concat([string(path), int(number)]);
/** @param {string} path @param {string | Uint8Array | null} data @param {number} [version] */
export const setDataBody = (path, data, version = -1) => Buffer.concat([string(path), dataOf(data), int(version)]);
/** @param {string} path @param {readonly Acl[] | null} acls @param {number} [version] */
export const setAclBody = (path, acls, version = -1) => Buffer.concat([string(path), aclVector(acls), int(version)]);
/** @param {string} scheme @param {string} credential */
export const authBody = (scheme, credential) =>
  Buffer.concat([int(0), string(scheme), buffer(Buffer.from(credential, 'utf8'))]);
/** @param {readonly (readonly [type: number, body: Uint8Array])[]} parts */
export const multiBody = (parts) =>
  Buffer.concat([
    ...parts.flatMap(([type, body]) => [int(type), bool(false), int(-1), body]),
    int(-1), bool(true), int(-1),
  ]);
/** @param {string | null} joining @param {string | null} leaving @param {string | null} members @param {bigint} from */
export const reconfigBody = (joining, leaving, members, from) =>
  Buffer.concat([string(joining), string(leaving), string(members), long(from)]);

/**
 * @param {{ timeoutMs?: number, sessionId?: bigint, password?: Uint8Array | null, lastZxid?: bigint,
 *   readOnly?: boolean | 'omit' }} [options]
 */
export function connectPayload(options = {}) {
  const { timeoutMs = 30_000, sessionId = 0n, password = Buffer.alloc(16), lastZxid = 0n, readOnly = false } = options;
  const tail = readOnly === 'omit' ? [] : [bool(readOnly)];
  return Buffer.concat([int(0), long(lastZxid), int(timeoutMs), long(sessionId), buffer(password), ...tail]);
}

/** A connection that speaks in hand-made frames through a recorder. */
export class RawClient {
  /** @type {Buffer[]} */
  #frames = [];
  /** @type {Buffer[]} */
  notifications = [];
  #socket;
  #recorder;
  #xid = 0;
  closed = false;
  sessionId = 0n;
  /** @type {Buffer} */
  password = Buffer.alloc(16);

  /** @param {import('./recorder.mjs').Recorder} recorder */
  constructor(recorder) {
    this.#recorder = recorder;
    this.#socket = connect({ host, port: recorder.port, noDelay: true });
    this.#socket.on('data', framesOf((payload) => this.#frames.push(payload)));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.closed = true;
    });
  }

  /** @param {Uint8Array} payload */
  send(payload) {
    this.#socket.write(Buffer.concat([int(payload.length), payload]));
  }

  /**
   * The handshake. Resolves with the response, or null when the server closed instead.
   * @param {string} label
   * @param {Parameters<typeof connectPayload>[0]} [options]
   * @param {string} [note]
   */
  async connect(label, options, note) {
    this.#recorder.label(label, note);
    this.send(connectPayload(options));
    const response = await this.#next();
    if (response !== null) {
      this.sessionId = response.readBigInt64BE(8);
      this.password = response.subarray(20, 36);
    }
    return response;
  }

  /**
   * One request and its answer; notifications on the way are put aside. Null when the server closed instead.
   * @param {string} label
   * @param {number} opcode
   * @param {Uint8Array} [body]
   * @param {{ xid?: number, note?: string }} [options]
   */
  async ask(label, opcode, body = Buffer.alloc(0), options = {}) {
    this.#recorder.label(label, options.note);
    const xid = options.xid ?? ++this.#xid;
    this.send(Buffer.concat([int(xid), int(opcode), body]));
    for (;;) {
      const frame = await this.#next();
      if (frame === null) {
        this.#recorder.noteLast('the server closed the connection without an answer');
        return null;
      }
      if (frame.readInt32BE(0) !== -1 || frame.length < 16) return { err: frame.readInt32BE(12), body: frame.subarray(16) };
      this.notifications.push(frame);
    }
  }

  /** Waits for this many notifications beyond those already taken. @param {number} count */
  async events(count) {
    while (this.notifications.length < count) {
      const frame = await this.#next();
      if (frame === null) throw new Error('the connection ended before the notification');
      this.notifications.push(frame);
    }
    this.notifications.splice(0, count);
  }

  /** Waits until the server has closed the connection. */
  async end() {
    while (!this.closed) await once(this.#socket, 'close');
  }

  /** Closes the socket; the session stays. */
  async drop() {
    this.#socket.destroy();
    await this.end();
  }

  /** @returns {Promise<Buffer | null>} */
  async #next() {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.closed) return null;
      if (Date.now() > deadline) throw new Error('no answer from the server');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
