/** What can be wrong with bytes from another server of the ensemble, each case by its name. */

import { WireError } from '../../model/errors.ts';

export type QuorumProblem =
  /** The first long of a greeting is neither a server id nor a version that is known. */
  | 'GreetingVersion'
  /** The address part of a greeting has a length outside 1 to 2048. */
  | 'GreetingLength'
  /** The address part of a greeting is no list of host:port. */
  | 'GreetingAddress'
  /** The connection ended within a greeting. */
  | 'GreetingTruncated'
  /** The length before an election message is outside 1 to 524288. */
  | 'ElectionFrameLength'
  /** Fewer than 28 bytes, which not even the oldest form has. */
  | 'NotificationTooShort'
  /** A notification ends before the fields that its length and version announce. */
  | 'NotificationTruncated'
  /** The configuration in a notification is said to be longer than the message, or negative. */
  | 'NotificationConfigLength'
  /** A length in a packet is negative or above the limit. */
  | 'PacketLength'
  /** The connection ended within a packet. */
  | 'PacketTruncated'
  /** A packet without the data that its type needs. */
  | 'PayloadMissing'
  /** A packet whose data is shorter than its type needs. */
  | 'PayloadTruncated'
  /** A packet of a type that this side never gets. */
  | 'PacketType'
  /** A packet of the SASL exchange with another first number, a strange status, or a token of a length that cannot be. */
  | 'AuthPacket';

/** The first bytes of a TLS connection: the record of a handshake (RFC 8446, 5.1). No message between members begins so. */
export const TLS_RECORD_START = 0x1603;

/** A peer that begins a TLS handshake where this server speaks in the clear. */
export function tlsNotSpoken(problem: 'GreetingVersion' | 'PacketType'): QuorumWireError {
  return new QuorumWireError(problem, 'it begins a TLS handshake, and this server speaks in the clear (neither sslQuorum nor portUnification)');
}

export class QuorumWireError extends WireError {
  readonly problem: QuorumProblem;

  constructor(problem: QuorumProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
