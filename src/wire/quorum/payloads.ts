/** Reading the data of a packet: numbers in a row, with an error that names the packet (facts 5.5). */

import { JuteReader } from '../jute/jute-reader.ts';
import type { QuorumPacket } from './quorum-packet.ts';
import { QuorumWireError } from './quorum-wire-error.ts';

/**
 * A reader over a packet's data.
 *
 * @param name what to call the packet in an error
 * @param bytesMin the fewest bytes of data that it must have
 * @throws QuorumWireError PayloadMissing, PayloadTruncated
 */
export function payloadReader(packet: QuorumPacket, name: string, bytesMin: number): JuteReader {
  const { data } = packet;
  if (data === null) throw new QuorumWireError('PayloadMissing', `${name} without data`);
  if (data.length < bytesMin) {
    throw new QuorumWireError('PayloadTruncated', `${name} with ${data.length} bytes of data; ${bytesMin} are needed`);
  }
  return new JuteReader(data);
}

/** A packet's data as it is. @throws QuorumWireError PayloadMissing */
export function payloadBytes(packet: QuorumPacket, name: string): Uint8Array {
  return payloadReader(packet, name, 0).rest();
}
