/**
 * QuorumAuthPacket {long magic, int status, buffer token}: how members prove who they are, before anything else on the
 * leader port and behind the greeting on the election port (facts 5.12; QuorumAuth, zookeeper.jute). It comes without a
 * length in front.
 */

import { NO_BYTES, concatBytes } from '../../base/bytes.ts';
import { JuteReader } from '../jute/jute-reader.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { QuorumWireError } from './quorum-wire-error.ts';

export const AUTH_STATUS = { inProgress: 0, success: 1, error: -1 } as const;
export type AuthStatus = (typeof AUTH_STATUS)[keyof typeof AUTH_STATUS];

export interface AuthPacket {
  readonly status: AuthStatus;
  readonly token: Uint8Array;
}

/**
 * QUORUM_AUTH_MAGIC_NUMBER. In the source it is -0xa0dbcafecafe1234, which 64 bits make a positive number of. Neither a
 * packet of the leader port nor an election message begins so.
 */
const MAGIC = 0x5f24_3501_3501_edccn;
const MAGIC_BYTES = 8;
const HEAD_BYTES = 16;
/** More than any token of DIGEST-MD5. */
const TOKEN_BYTES_MAX = 16 * 1024;

export function encodeAuthPacket({ status, token }: AuthPacket): Uint8Array {
  const writer = new JuteWriter();
  writer.long(MAGIC);
  writer.int(status);
  writer.buffer(token);
  return writer.finish();
}

/** Cuts packets out of the chunks of a socket, one by one: what follows the last of them is something else. */
export class AuthPacketReader {
  #bytes: Uint8Array = NO_BYTES;

  push(chunk: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : concatBytes([this.#bytes, chunk]);
  }

  /** Whether such a packet begins here; null when that cannot be said yet (QuorumAuth.nextPacketIsAuth). */
  begins(): boolean | null {
    return this.#bytes.length < MAGIC_BYTES ? null : new JuteReader(this.#bytes).long() === MAGIC;
  }

  /**
   * The next packet; null when more is needed.
   *
   * @throws QuorumWireError AuthPacket
   */
  next(): AuthPacket | null {
    if (this.#bytes.length < HEAD_BYTES) return null;
    const reader = new JuteReader(this.#bytes);
    if (reader.long() !== MAGIC) throw new QuorumWireError('AuthPacket', 'it answers with something else than a proof of who it is');
    const status = reader.int();
    const length = reader.int();
    if (!isStatus(status)) throw new QuorumWireError('AuthPacket', `a SASL packet with the status ${status}`);
    if (length < -1 || length > TOKEN_BYTES_MAX) throw new QuorumWireError('AuthPacket', `a SASL token of ${length} bytes`);
    if (reader.remaining < length) return null;
    const token = length <= 0 ? NO_BYTES : reader.raw(length);
    this.#bytes = this.#bytes.subarray(HEAD_BYTES + Math.max(0, length));
    return { status, token };
  }

  /** What has come and was not taken. */
  rest(): Uint8Array {
    return this.#bytes;
  }
}

function isStatus(status: number): status is AuthStatus {
  return status === AUTH_STATUS.inProgress || status === AUTH_STATUS.success || status === AUTH_STATUS.error;
}
