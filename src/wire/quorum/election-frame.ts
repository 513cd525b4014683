/** The frames of an election connection after its greeting: int length (1 to 524288) and a notification (facts 5.2). */

import { FrameDecoder, encodeFrame, rawPart } from '../framing.ts';
import { WireError } from '../../model/errors.ts';
import { QuorumWireError } from './quorum-wire-error.ts';

/** QuorumCnxManager.PACKETMAXSIZE */
export const ELECTION_FRAME_BYTES_MAX = 512 * 1024;

/** A frame around a payload. */
export function electionFrame(payload: Uint8Array): Uint8Array {
  return encodeFrame(rawPart(payload));
}

/** Chunks in, payloads out. */
export class ElectionFrameDecoder {
  readonly #frames = new FrameDecoder(ELECTION_FRAME_BYTES_MAX);

  /** Bytes taken that are part of no whole frame yet. */
  get pendingBytes(): number {
    return this.#frames.pendingBytes;
  }

  /**
   * @returns the payloads that the chunk completes; each is its own copy
   * @throws QuorumWireError ElectionFrameLength; the connection is of no use afterwards
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const payloads: Uint8Array[] = [];
    try {
      this.#frames.push(chunk, (payload) => payloads.push(payload.slice()));
    } catch (error) {
      throw error instanceof WireError ? new QuorumWireError('ElectionFrameLength', error.message) : error;
    }
    if (payloads.some((payload) => payload.length === 0)) {
      throw new QuorumWireError('ElectionFrameLength', 'an election message of 0 bytes');
    }
    return payloads;
  }
}
