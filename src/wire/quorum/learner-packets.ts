/**
 * What a learner says to the leader, as packets (facts 5.5; Learner, LearnerHandler, SendAckRequestProcessor).
 * In: a LearnerPacket or a QuorumPacket. Out: the other.
 */

import type { Id } from '../../model/acl.ts';
import { epochOf, makeZxid } from '../../model/zxid.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { PACKET } from './packet-types.ts';
import { payloadReader } from './payloads.ts';
import type { QuorumPacket } from './quorum-packet.ts';
import { QuorumWireError } from './quorum-wire-error.ts';

/** A session that was heard of, and its timeout in ms. */
export interface TouchedSessionEntry {
  readonly id: bigint;
  readonly timeoutMs: number;
}

export type LearnerPacket =
  | {
      readonly kind: 'info';
      readonly observer: boolean;
      readonly acceptedEpoch: number;
      /** null where an old learner sends no data at all: the leader gives it an id. */
      readonly sid: bigint | null;
      /** 0x10000 since 3.4; 1 where it was left out. */
      readonly protocolVersion: number;
      /** 0 where it was left out. */
      readonly configVersion: bigint;
    }
  /** currentEpoch: -1 when the offered epoch had been accepted before. */
  | { readonly kind: 'ackEpoch'; readonly lastZxid: bigint; readonly currentEpoch: number }
  | { readonly kind: 'ack'; readonly zxid: bigint }
  | { readonly kind: 'ping'; readonly zxid: bigint; readonly sessions: readonly TouchedSessionEntry[] }
  | { readonly kind: 'revalidate'; readonly sessionId: bigint; readonly timeoutMs: number }
  | {
      readonly kind: 'request';
      readonly sessionId: bigint;
      readonly cxid: number;
      readonly type: number;
      readonly body: Uint8Array;
      readonly identities: readonly Id[] | null;
    };

const INFO_BYTES = { sid: 8, protocol: 12, config: 20 } as const;
const OLD_PROTOCOL = 1;
const SESSION_BYTES = 12;
const REQUEST_BYTES_MIN = 16;

/** The packet of a learner's message. */
export function learnerPacket(message: LearnerPacket): QuorumPacket {
  switch (message.kind) {
    case 'info':
      return infoPacket(message);
    case 'ackEpoch':
      return packet(PACKET.ackEpoch, message.lastZxid, data((writer) => writer.int(message.currentEpoch)));
    case 'ack':
      return packet(PACKET.ack, message.zxid, null);
    case 'ping':
      return packet(PACKET.ping, message.zxid, data((writer) => {
        for (const { id, timeoutMs } of message.sessions) {
          writer.long(id);
          writer.int(timeoutMs);
        }
      }));
    case 'revalidate':
      return packet(PACKET.revalidate, -1n, data((writer) => {
        writer.long(message.sessionId);
        writer.int(message.timeoutMs);
      }));
    case 'request':
      return { type: PACKET.request, zxid: -1n, data: requestData(message), authinfo: message.identities };
  }
}

/**
 * A learner's message of a packet; null for a type that Apache's leader only logs.
 *
 * @throws QuorumWireError PayloadMissing, PayloadTruncated
 */
export function readLearnerPacket(packet: QuorumPacket): LearnerPacket | null {
  switch (packet.type) {
    case PACKET.followerInfo:
    case PACKET.observerInfo:
      return readInfo(packet);
    case PACKET.ackEpoch:
      return { kind: 'ackEpoch', lastZxid: packet.zxid, currentEpoch: payloadReader(packet, 'ACKEPOCH', 4).int() };
    case PACKET.ack:
      return { kind: 'ack', zxid: packet.zxid };
    case PACKET.ping:
      return readPing(packet);
    case PACKET.revalidate: {
      const reader = payloadReader(packet, 'REVALIDATE', SESSION_BYTES);
      return { kind: 'revalidate', sessionId: reader.long(), timeoutMs: reader.int() };
    }
    case PACKET.request: {
      const reader = payloadReader(packet, 'REQUEST', REQUEST_BYTES_MIN);
      const sessionId = reader.long();
      const cxid = reader.int();
      const type = reader.int();
      return { kind: 'request', sessionId, cxid, type, body: reader.rest(), identities: packet.authinfo };
    }
    default:
      return null;
  }
}

function infoPacket(message: Extract<LearnerPacket, { kind: 'info' }>): QuorumPacket {
  const type = message.observer ? PACKET.observerInfo : PACKET.followerInfo;
  const { sid } = message;
  const info = sid === null ? null : data((writer) => {
    writer.long(sid);
    writer.int(message.protocolVersion);
    writer.long(message.configVersion);
  });
  return packet(type, makeZxid(message.acceptedEpoch, 0), info);
}

/** Older learners leave out the later fields, or all of them. */
function readInfo(packet: QuorumPacket): LearnerPacket {
  const bytes = packet.data?.length ?? 0;
  const observer = packet.type === PACKET.observerInfo;
  const name = observer ? 'OBSERVERINFO' : 'FOLLOWERINFO';
  const reader = packet.data === null ? null : payloadReader(packet, name, INFO_BYTES.sid);
  return {
    kind: 'info',
    observer,
    acceptedEpoch: epochOf(packet.zxid),
    sid: reader?.long() ?? null,
    protocolVersion: reader !== null && bytes >= INFO_BYTES.protocol ? reader.int() : OLD_PROTOCOL,
    configVersion: reader !== null && bytes >= INFO_BYTES.config ? reader.long() : 0n,
  };
}

function readPing(packet: QuorumPacket): LearnerPacket {
  const sessions: TouchedSessionEntry[] = [];
  if (packet.data === null) throw new QuorumWireError('PayloadMissing', 'PING without data');
  const reader = payloadReader(packet, 'PING', 0);
  while (reader.remaining > 0) {
    if (reader.remaining < SESSION_BYTES) {
      throw new QuorumWireError('PayloadTruncated', `PING ends ${reader.remaining} bytes into a session`);
    }
    sessions.push({ id: reader.long(), timeoutMs: reader.int() });
  }
  return { kind: 'ping', zxid: packet.zxid, sessions };
}

function requestData({ sessionId, cxid, type, body }: Extract<LearnerPacket, { kind: 'request' }>): Uint8Array {
  const writer = new JuteWriter(REQUEST_BYTES_MIN + body.length);
  writer.long(sessionId);
  writer.int(cxid);
  writer.int(type);
  writer.raw(body);
  return writer.finish();
}

function packet(type: number, zxid: bigint, bytes: Uint8Array | null): QuorumPacket {
  return { type, zxid, data: bytes, authinfo: null };
}

function data(write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter();
  write(writer);
  return writer.finish();
}

