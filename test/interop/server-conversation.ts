/**
 * A conversation in hand-made frames, written down so that two servers' can be compared: each reply as one line, with
 * what differs from run to run (session ids, times) replaced. Zxids stay: they must be equal as well.
 * Must hold: no dependency on src/, which is what is judged.
 */

import { connectRaw, connectRequestPayload, jute, type RawClient, type RawConnectOptions } from '../support/raw-client.ts';

export const open = jute.vector([jute.acl(31, 'world', 'anyone')]);

/** Request bodies, by operation. */
export const ask = {
  create: (path: string | null, data: string | null, flags = 0, acl: Uint8Array = open) =>
    Buffer.concat([jute.string(path), jute.string(data), acl, jute.int(flags)]),
  createTtl: (path: string, ttl: bigint, flags = 5) =>
    Buffer.concat([jute.string(path), jute.string('x'), open, jute.int(flags), jute.long(ttl)]),
  delete: (path: string, version = -1) => Buffer.concat([jute.string(path), jute.int(version)]),
  setData: (path: string, data: string | null, version = -1) =>
    Buffer.concat([jute.string(path), jute.string(data), jute.int(version)]),
  setAcl: (path: string, acl: Uint8Array, version = -1) => Buffer.concat([jute.string(path), acl, jute.int(version)]),
  read: (path: string | null, watch = false) => Buffer.concat([jute.string(path), jute.bool(watch)]),
  path: (path: string | null) => jute.string(path),
  pathInt: (path: string, value: number) => Buffer.concat([jute.string(path), jute.int(value)]),
  multi: (...ops: readonly (readonly [number, Uint8Array])[]) =>
    Buffer.concat([...ops.flatMap(([type, body]) => [multiHeader(type, false), body]), multiHeader(-1, true)]),
  setWatches: (zxid: bigint, ...lists: readonly (readonly string[])[]) =>
    Buffer.concat([jute.long(zxid), ...lists.map((list) => jute.vector(list.map((path) => jute.string(path))))]),
  auth: (scheme: string, credential: string | null) =>
    Buffer.concat([jute.int(0), jute.string(scheme), jute.string(credential)]),
} as const;

function multiHeader(type: number, done: boolean): Buffer {
  return Buffer.concat([jute.int(type), jute.bool(done), jute.int(-1)]);
}

const PING = 11;
/** What every ping is answered with, whatever its own xid. */
const PING_XID = -2;

class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  long(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  text(): string {
    const length = this.int();
    if (length < 0) return 'null';
    this.at += length;
    return JSON.stringify(this.bytes.toString('latin1', this.at - length, this.at));
  }

  names(): string[] {
    return Array.from({ length: this.int() }, () => this.text());
  }

  /** Children come in no order that a client may count on. */
  list(): string {
    return `[${this.names().sort().join(' ')}]`;
  }

  acl(): string {
    return `[${Array.from({ length: this.int() }, () => `${this.int()}:${this.text()}:${this.text()}`).join(' ')}]`;
  }

  /** Times are left out, owners only told as there or not. */
  stat(): string {
    const [czxid, mzxid] = [this.long(), this.long()];
    this.at += 16;
    const [version, cversion, aversion] = [this.int(), this.int(), this.int()];
    const owner = this.long();
    const [length, children, pzxid] = [this.int(), this.int(), this.long()];
    return `{c${czxid} m${mzxid} p${pzxid} v${version},${cversion},${aversion}${owner === 0n ? '' : ' owned'} ${length}b ${children}ch}`;
  }

  multi(): string {
    const parts: string[] = [];
    for (;;) {
      const type = this.int();
      const done = this.bytes[this.at++] !== 0;
      const err = this.int();
      if (done) return `<${parts.join('; ')}>`;
      parts.push(`${type}/${err} ${this.part(type)}`.trim());
    }
  }

  part(type: number): string {
    if (type === -1) return String(this.int());
    if (type === 2 || type === 13) return '';
    return this.body(type);
  }

  body(type: number): string {
    if (this.bytes.length === 0) return '';
    switch (type) {
      case 1:
      case 9:
        return this.text();
      case 15:
      case 19:
      case 21:
        return `${this.text()} ${this.stat()}`;
      case 3:
      case 5:
      case 7:
        return this.stat();
      case 4:
        return `${this.text()} ${this.stat()}`;
      case 6:
        return `${this.acl()} ${this.stat()}`;
      case 8:
        return this.list();
      case 103:
        return `[${this.names().join(' ')}]`;
      case 12:
        return `${this.list()} ${this.stat()}`;
      case 14:
      case 22:
        return this.multi();
      case 107:
        return `[${Array.from({ length: this.int() }, () => `${this.text()}:${this.text()}`).sort().join(' ')}]`;
      default:
        return this.rest();
    }
  }

  rest(): string {
    const from = this.at;
    this.at = this.bytes.length;
    return this.bytes.subarray(from).toString('hex');
  }
}

/** One connection whose conversation is written down. */
export class Talker {
  readonly name: string;
  readonly #lines: string[];
  readonly raw: RawClient;
  sessionId = 0n;
  password: Buffer = Buffer.alloc(16);
  /** The last transaction that an answer told of, as a client remembers it. */
  lastZxid = 0n;
  /** Of the last request. */
  xid = 0;

  constructor(name: string, raw: RawClient, lines: string[]) {
    this.name = name;
    this.raw = raw;
    this.#lines = lines;
  }

  note(text: string): void {
    this.#lines.push(`${this.name}: ${text}`);
  }

  /** The handshake. @returns false when the server closed instead of answering */
  async connect(options: RawConnectOptions = {}): Promise<boolean> {
    this.raw.sendFrame(connectRequestPayload({ timeoutMs: 30_000, ...options }));
    try {
      const frame = await this.raw.readFrame();
      const [version, timeoutMs] = [frame.readInt32BE(0), frame.readInt32BE(4)];
      this.sessionId = frame.readBigInt64BE(8);
      this.password = frame.subarray(20, 36);
      const same = options.sessionId === undefined || options.sessionId === this.sessionId;
      const kind = this.sessionId === 0n ? 'none' : same ? 'session' : 'another session';
      this.note(`connected v${version} ${timeoutMs} ms ${kind} tail ${frame.subarray(36).toString('hex')}`);
      return true;
    } catch {
      this.note('closed instead of an answer to the connect request');
      return false;
    }
  }

  /** Sends without waiting. */
  send(type: number, body: Uint8Array = Buffer.alloc(0), xid?: number): number {
    const own = xid ?? ++this.xid;
    this.raw.sendFrame(Buffer.concat([jute.int(own), jute.int(type), body]));
    return own;
  }

  /** Reads one frame and writes it down. @returns its xid, or null when the connection ended */
  async hear(type: number): Promise<number | null> {
    let frame: Buffer;
    try {
      frame = await this.raw.readFrame();
    } catch (error) {
      this.note(/within/.test(String(error)) ? 'silence' : 'closed');
      return null;
    }
    const xid = frame.readInt32BE(0);
    const body = new Cursor(frame.subarray(16));
    if (xid > 0 && frame.readBigInt64BE(4) > 0n) this.lastZxid = frame.readBigInt64BE(4);
    if (xid === -1) {
      this.note(`event ${body.int()} state ${body.int()} ${body.text()} zxid ${frame.readBigInt64BE(4)}`);
    } else {
      const rest = body.body(type);
      const left = body.bytes.length - body.at;
      this.note(`op ${type} xid ${xid} zxid ${frame.readBigInt64BE(4)} err ${frame.readInt32BE(12)} ${rest}${left > 0 ? ` +${left}` : ''}`.trim());
    }
    return xid;
  }

  /** Sends a request and writes down everything until its reply. */
  async do(type: number, body: Uint8Array = Buffer.alloc(0), xid?: number): Promise<void> {
    const own = this.send(type, body, xid);
    for (;;) {
      const heard = await this.hear(type);
      if (heard === own || heard === null || (type === PING && heard === PING_XID)) return;
    }
  }

  /** Waits for the server to close. */
  async closed(): Promise<void> {
    while ((await this.hear(-1)) !== null);
  }
}

/** Where conversations take place. */
export class Room {
  readonly host: string;
  readonly port: number;
  readonly lines: string[] = [];
  readonly #talkers: Talker[] = [];

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  /** A connection with no session yet. */
  async enter(name: string): Promise<Talker> {
    const talker = new Talker(name, await connectRaw(this.host, this.port), this.lines);
    this.#talkers.push(talker);
    return talker;
  }

  /** A connection with a session. */
  async join(name: string, options: RawConnectOptions = {}): Promise<Talker> {
    const talker = await this.enter(name);
    await talker.connect(options);
    return talker;
  }

  /** A session's ephemerals must be gone before the next conversation begins. */
  async leave(): Promise<void> {
    for (const talker of this.#talkers.splice(0)) {
      if (!talker.raw.socket.destroyed && talker.sessionId !== 0n) await talker.do(-11);
      talker.raw.destroy();
    }
  }
}

export interface Conversation {
  readonly name: string;
  hold(room: Room): Promise<void>;
}
