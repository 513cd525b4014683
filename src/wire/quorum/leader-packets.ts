/**
 * What the leader says to a learner, as packets (facts 5.5; Leader, LearnerHandler). Transactions are bytes here:
 * TxnHeader, record and digest. In: a LeaderPacket or a QuorumPacket. Out: the other.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { epochOf, makeZxid } from '../../model/zxid.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { LEARNER_PROTOCOL, PACKET } from './packet-types.ts';
import { payloadBytes, payloadReader } from './payloads.ts';
import type { QuorumPacket } from './quorum-packet.ts';

export type LeaderPacket =
  /** protocolVersion: 0x10000 since 3.4. */
  | { readonly kind: 'leaderInfo'; readonly epoch: number; readonly protocolVersion: number }
  | { readonly kind: 'diff' | 'trunc' | 'snap' | 'commit' | 'ping'; readonly zxid: bigint }
  | { readonly kind: 'proposal' | 'inform'; readonly zxid: bigint; readonly txn: Uint8Array }
  | { readonly kind: 'commitAndActivate'; readonly zxid: bigint; readonly designatedLeader: bigint }
  | { readonly kind: 'informAndActivate'; readonly zxid: bigint; readonly designatedLeader: bigint; readonly txn: Uint8Array }
  /** config: null to and from servers before 3.5. */
  | { readonly kind: 'newLeader'; readonly epoch: number; readonly config: string | null }
  | { readonly kind: 'upToDate' | 'sync' }
  | { readonly kind: 'revalidated'; readonly sessionId: bigint; readonly valid: boolean };

/** Which packets carry nothing but a zxid. */
const BARE = { diff: PACKET.diff, trunc: PACKET.trunc, snap: PACKET.snap, commit: PACKET.commit, ping: PACKET.ping } as const;
const UP_TO_DATE_ZXID = -1n;
const REVALIDATE_ZXID = -1n;
const SYNC_ZXID = 0n;
const DESIGNATED_BYTES = 8;
const REVALIDATED_BYTES = 9;

/** The packet of a leader's message. */
export function leaderPacket(message: LeaderPacket): QuorumPacket {
  switch (message.kind) {
    case 'leaderInfo':
      return packet(PACKET.leaderInfo, makeZxid(message.epoch, 0), data((writer) => writer.int(message.protocolVersion)));
    case 'diff':
    case 'trunc':
    case 'snap':
    case 'commit':
    case 'ping':
      return packet(BARE[message.kind], message.zxid, null);
    case 'proposal':
      return packet(PACKET.proposal, message.zxid, message.txn);
    case 'inform':
      return packet(PACKET.inform, message.zxid, message.txn);
    case 'commitAndActivate':
      return packet(PACKET.commitAndActivate, message.zxid, data((writer) => writer.long(message.designatedLeader)));
    case 'informAndActivate':
      return packet(PACKET.informAndActivate, message.zxid, data((writer) => {
        writer.long(message.designatedLeader);
        writer.raw(message.txn);
      }));
    case 'newLeader':
      return packet(PACKET.newLeader, makeZxid(message.epoch, 0), message.config === null ? null : encodeUtf8(message.config));
    case 'upToDate':
      return packet(PACKET.upToDate, UP_TO_DATE_ZXID, null);
    case 'sync':
      return packet(PACKET.sync, SYNC_ZXID, null);
    case 'revalidated':
      return packet(PACKET.revalidate, REVALIDATE_ZXID, data((writer) => {
        writer.long(message.sessionId);
        writer.bool(message.valid);
      }));
  }
}

/**
 * A leader's message of a packet; null for a type that Apache's learners only log.
 *
 * @throws QuorumWireError PayloadMissing, PayloadTruncated
 */
export function readLeaderPacket(packet: QuorumPacket): LeaderPacket | null {
  const { type, zxid } = packet;
  switch (type) {
    case PACKET.leaderInfo:
      return { kind: 'leaderInfo', epoch: epochOf(zxid), protocolVersion: payloadReader(packet, 'LEADERINFO', 4).int() };
    case PACKET.diff:
      return { kind: 'diff', zxid };
    case PACKET.trunc:
      return { kind: 'trunc', zxid };
    case PACKET.snap:
      return { kind: 'snap', zxid };
    case PACKET.commit:
      return { kind: 'commit', zxid };
    case PACKET.ping:
      return { kind: 'ping', zxid };
    case PACKET.proposal:
      return { kind: 'proposal', zxid, txn: payloadBytes(packet, 'PROPOSAL') };
    case PACKET.inform:
      return { kind: 'inform', zxid, txn: payloadBytes(packet, 'INFORM') };
    case PACKET.commitAndActivate:
      return { kind: 'commitAndActivate', zxid, designatedLeader: payloadReader(packet, 'COMMITANDACTIVATE', DESIGNATED_BYTES).long() };
    case PACKET.informAndActivate: {
      const reader = payloadReader(packet, 'INFORMANDACTIVATE', DESIGNATED_BYTES);
      return { kind: 'informAndActivate', zxid, designatedLeader: reader.long(), txn: reader.rest() };
    }
    case PACKET.newLeader:
      return { kind: 'newLeader', epoch: epochOf(zxid), config: configOf(packet.data ?? NO_BYTES) };
    case PACKET.upToDate:
      return { kind: 'upToDate' };
    case PACKET.sync:
      return { kind: 'sync' };
    case PACKET.revalidate: {
      const reader = payloadReader(packet, 'REVALIDATE', REVALIDATED_BYTES);
      return { kind: 'revalidated', sessionId: reader.long(), valid: reader.bool() };
    }
    default:
      return null;
  }
}

/** A single byte or nothing stands for no configuration (Learner.syncWithLeader). */
function configOf(bytes: Uint8Array): string | null {
  return bytes.length > 1 ? decodeUtf8(bytes) : null;
}

/** LEADERINFO as servers since 3.4 send it. */
export function leaderInfo(epoch: number): LeaderPacket {
  return { kind: 'leaderInfo', epoch, protocolVersion: LEARNER_PROTOCOL };
}

function packet(type: number, zxid: bigint, bytes: Uint8Array | null): QuorumPacket {
  return { type, zxid, data: bytes, authinfo: null };
}

function data(write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter();
  write(writer);
  return writer.finish();
}
