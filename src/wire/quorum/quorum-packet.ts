/**
 * QuorumPacket {int type, long zxid, buffer data, vector<Id> authinfo}, the one record of the leader port
 * (zookeeper.jute). It comes without a length in front, so it is cut out of the stream field by field.
 */

import { NO_BYTES, concatBytes } from '../../base/bytes.ts';
import { decodeUtf8 } from '../../base/text.ts';
import type { Id } from '../../model/acl.ts';
import { buffer, int, long, nullableVector, record, type Codec } from '../jute/codec.ts';
import { encode } from '../jute/encode.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { IdRecord } from '../records/shared.ts';
import { QuorumWireError, TLS_RECORD_START, tlsNotSpoken } from './quorum-wire-error.ts';

export interface QuorumPacket {
  readonly type: number;
  readonly zxid: bigint;
  readonly data: Uint8Array | null;
  readonly authinfo: readonly Id[] | null;
}

export const QuorumPacketRecord: Codec<QuorumPacket> = record('QuorumPacket', {
  type: int,
  zxid: long,
  data: buffer,
  authinfo: nullableVector(IdRecord) as Codec<readonly Id[] | null>,
});

/** The bytes of a packet, as they go into the stream. */
export function encodePacket(packet: QuorumPacket): Uint8Array {
  return encode(QuorumPacketRecord, packet);
}

/** Used for one packet after another. */
const scratch = new JuteWriter();

/** As encodePacket, without an array for each: the bytes are good until the next call. */
export function packetBytes(packet: QuorumPacket): Uint8Array {
  scratch.clear();
  QuorumPacketRecord.write(scratch, packet);
  return scratch.finish();
}

/** jute.maxbuffer and as much again: what Apache's BinaryInputArchive takes for one buffer or string. */
export const PACKET_BUFFER_MAX = 2 * 0xf_ffff;

/** A client has a handful of identities; each takes at least 8 bytes. */
const IDENTITIES_MAX = 4096;
const HEAD_BYTES = 16;

/** Takes the bytes that follow a SNAP packet, which are no packets. */
export interface RawSink {
  /** @returns the bytes that came after its end; null when it needs more */
  take(bytes: Uint8Array): Uint8Array | null;
}

/** Chunks as the socket gives them in, whole packets out. */
export class QuorumPacketDecoder {
  readonly #bufferMax: number;
  #parts: Uint8Array[] = [];
  #have = 0;
  /** Nothing can be said about the packet before so many bytes are there. */
  #need = HEAD_BYTES;
  #sink: RawSink | null = null;

  /** @param bufferMax the longest buffer or string taken, in bytes */
  constructor(bufferMax: number = PACKET_BUFFER_MAX) {
    this.#bufferMax = bufferMax;
  }

  /** Bytes taken that are part of no whole packet yet. */
  get pendingBytes(): number {
    return this.#have;
  }

  /** Called within onPacket: what follows goes to the sink until it has its end. */
  divert(sink: RawSink): void {
    this.#sink = sink;
  }

  /**
   * Takes a chunk and hands on each packet that it completes, in order. Data in packets is a view of the stream's
   * memory, valid as long as it is held.
   *
   * @throws QuorumWireError PacketLength; the stream is of no use afterwards
   */
  push(chunk: Uint8Array, onPacket: (packet: QuorumPacket) => void): void {
    this.#parts.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    this.#have += chunk.length;
    while (this.#have > 0) {
      if (this.#sink === null && this.#have < this.#need) return;
      const bytes = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : concatBytes(this.#parts);
      const rest: Uint8Array = this.#sink === null ? this.#cut(bytes, onPacket) : this.#feed(this.#sink, bytes);
      this.#parts = rest.length === 0 ? [] : [rest];
      this.#have = rest.length;
    }
  }

  /** The connection ended. @throws QuorumWireError PacketTruncated when it did within a packet */
  end(): void {
    if (this.#have === 0 && this.#sink === null) return;
    throw new QuorumWireError('PacketTruncated', `the connection ended ${this.#have} bytes into a packet`);
  }

  #feed(sink: RawSink, bytes: Uint8Array): Uint8Array {
    const rest = sink.take(bytes);
    if (rest !== null) this.#sink = null;
    return rest ?? NO_BYTES;
  }

  /** Every packet that is whole, up to one that a sink follows. @returns what is left */
  #cut(bytes: Uint8Array, onPacket: (packet: QuorumPacket) => void): Uint8Array {
    const cursor = new Cursor(bytes, this.#bufferMax);
    let end = 0;
    this.#need = HEAD_BYTES;
    while (this.#sink === null && end < bytes.length) {
      const packet = cursor.packet();
      if (packet === null) {
        this.#need = cursor.need - end;
        break;
      }
      end = cursor.at;
      onPacket(packet);
    }
    return end === 0 ? bytes : bytes.subarray(end);
  }
}

/** Reads packets one behind the other, as far as the bytes go. */
class Cursor {
  at = 0;
  /** How many of the bytes must be there for the next try to get further. */
  need = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #bufferMax: number;

  constructor(bytes: Uint8Array, bufferMax: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bufferMax = bufferMax;
  }

  packet(): QuorumPacket | null {
    if (!this.#has(HEAD_BYTES)) return null;
    const type = this.#view.getInt32(this.at);
    if (type >> 16 === TLS_RECORD_START) throw tlsNotSpoken('PacketType');
    const zxid = this.#view.getBigInt64(this.at + 4);
    this.at += 12;
    const data = this.#buffer('data');
    if (data === undefined) return null;
    const authinfo = this.#identities();
    return authinfo === undefined ? null : { type, zxid, data, authinfo };
  }

  #identities(): Id[] | null | undefined {
    if (!this.#has(4)) return undefined;
    const count = this.#view.getInt32(this.at);
    this.at += 4;
    if (count === -1) return null;
    if (count < 0 || count > IDENTITIES_MAX) throw new QuorumWireError('PacketLength', `a packet with ${count} identities`);
    const ids: Id[] = [];
    for (let i = 0; i < count; i++) {
      const scheme = this.#buffer('identity');
      if (scheme === undefined) return undefined;
      const id = this.#buffer('identity');
      if (id === undefined) return undefined;
      ids.push({ scheme: decodeUtf8(scheme ?? NO_BYTES), id: decodeUtf8(id ?? NO_BYTES) });
    }
    return ids;
  }

  #buffer(what: string): Uint8Array | null | undefined {
    if (!this.#has(4)) return undefined;
    const length = this.#view.getInt32(this.at);
    if (length < -1 || length > this.#bufferMax) {
      throw new QuorumWireError('PacketLength', `${what} of ${length} bytes in a packet; the limit is ${this.#bufferMax}`);
    }
    if (!this.#has(4 + Math.max(0, length))) return undefined;
    this.at += 4;
    if (length === -1) return null;
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  #has(more: number): boolean {
    this.need = this.at + more;
    return this.#bytes.length >= this.need;
  }
}
