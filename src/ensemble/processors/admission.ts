/**
 * The door (facts 1.2 to 1.4; NIOServerCnxn, ZooKeeperServer.processPacket): one connection's bytes become
 * four-letter words, a connect request, and then requests. Knows no session and sends nothing: what it hands out
 * says what was asked, or why the connection must end.
 */

import { ConnectRequest } from '../../wire/records/connect.ts';
import { AuthPacket } from '../../wire/records/headers.ts';
import { FrameDecoder } from '../../wire/framing.ts';
import { JuteReader } from '../../wire/jute/jute-reader.ts';
import { OPERATIONS } from '../../wire/operations.ts';
import { SaslToken } from '../../wire/operations/session.ts';
import { WireError } from '../../model/errors.ts';
import { Op } from './request.ts';

export type Admitted =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'connect'; readonly request: ConnectRequest }
  | { readonly kind: 'request'; readonly xid: number; readonly type: number; readonly body: Uint8Array }
  | { readonly kind: 'auth'; readonly xid: number; readonly packet: AuthPacket }
  | { readonly kind: 'sasl'; readonly xid: number; readonly token: Uint8Array | null }
  /** An operation that is not there, or that no client may send: -6, and the end. */
  | { readonly kind: 'unknown'; readonly xid: number; readonly type: number }
  /** The end, without a word. */
  | { readonly kind: 'close'; readonly reason: string };

/** Words that are recognised in place of a first frame, whether they may be asked or not. */
export const WORDS: ReadonlySet<string> = new Set([
  'conf', 'cons', 'crst', 'dirs', 'dump', 'envi', 'gtmk', 'hash', 'isro', 'mntr', 'orst', 'ruok', 'srst', 'srvr',
  'stat', 'stmk', 'wchc', 'wchp', 'wchs',
]);

/**
 * What only servers may ask (facts 1.5, 1.7, 1.11): an Apache server before 3.8.5 ruins its log with a check outside
 * a multi, and answers createSession with a second handshake.
 */
const NOT_FOR_CLIENTS: ReadonlySet<number> = new Set([Op.createSession, Op.deleteContainer, Op.check]);
/** A read-only server refuses the others as it does every write. */
const NOT_FOR_READERS: ReadonlySet<number> = new Set([Op.createSession]);

const HEADER_BYTES = 8;
/** After these the connection has nothing more to say. */
const LAST: ReadonlySet<Admitted['kind']> = new Set(['word', 'unknown', 'close']);

export class Admission {
  readonly #decoder: FrameDecoder;
  readonly #unwanted: ReadonlySet<number>;
  #first: Uint8Array | null = new Uint8Array(0);
  #frames: Uint8Array[] = [];
  #next = 0;
  #connected = false;
  #over = false;
  #broken: string | null = null;

  /**
   * @param requestBytesMax jute.maxbuffer
   * @param mayCome whether there is room for a request of so many bytes
   * @param readOnly whether the server is read-only
   */
  constructor(requestBytesMax: number, mayCome: ((bytes: number) => boolean) | null = null, readOnly = false) {
    this.#unwanted = readOnly ? NOT_FOR_READERS : NOT_FOR_CLIENTS;
    this.#decoder = new FrameDecoder(requestBytesMax, mayCome);
  }

  /** Takes bytes in; `next` hands out what they hold. The chunk is kept: it must not be reused. */
  push(chunk: Uint8Array): void {
    if (this.#over || this.#broken !== null) return;
    let bytes = chunk;
    if (this.#first !== null) {
      bytes = this.#first.length === 0 ? chunk : join(this.#first, chunk);
      if (bytes.length < 4 || wordIn(bytes) !== null) {
        this.#first = bytes;
        return;
      }
      this.#first = null;
    }
    try {
      this.#decoder.push(bytes, (frame) => this.#frames.push(frame));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#broken = error.message;
    }
  }

  /** What came next, or null when nothing whole is left, or when nothing more is taken of this connection. */
  next(): Admitted | null {
    if (this.#over) return null;
    const found = this.#find();
    this.#over = found !== null && LAST.has(found.kind);
    return found;
  }

  #find(): Admitted | null {
    if (this.#first !== null) {
      const word = wordIn(this.#first);
      return word === null ? null : { kind: 'word', word };
    }
    const frame = this.#frames[this.#next];
    if (frame === undefined) {
      this.#frames = [];
      this.#next = 0;
      return this.#broken === null ? null : { kind: 'close', reason: this.#broken };
    }
    this.#next++;
    try {
      return this.#connected ? requestIn(frame, this.#unwanted) : this.#connectIn(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return { kind: 'close', reason: error.message };
    }
  }

  #connectIn(frame: Uint8Array): Admitted {
    const request = ConnectRequest.read(new JuteReader(frame));
    this.#connected = true;
    return { kind: 'connect', request };
  }
}

function requestIn(frame: Uint8Array, unwanted: ReadonlySet<number>): Admitted {
  const reader = new JuteReader(frame);
  const xid = reader.int();
  const type = reader.int();
  if (type === Op.auth) return { kind: 'auth', xid, packet: AuthPacket.read(reader) };
  if (type === Op.sasl) {
    return { kind: 'sasl', xid, token: SaslToken.read(reader).token };
  }
  const isThere = OPERATIONS.has(type) || NOT_FOR_CLIENTS.has(type);
  if (!isThere || unwanted.has(type)) return { kind: 'unknown', xid, type };
  return { kind: 'request', xid, type, body: frame.subarray(HEADER_BYTES) };
}

function wordIn(bytes: Uint8Array): string | null {
  if (bytes.length < 4) return null;
  const word = String.fromCharCode(bytes[0] as number, bytes[1] as number, bytes[2] as number, bytes[3] as number);
  return WORDS.has(word) ? word : null;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
