/** What leader and learners say, as bytes in the stream between them, and back (facts 5.5). */

import { JuteWriter } from '../../wire/jute/jute-writer.ts';
import { leaderInfo, leaderPacket, readLeaderPacket, type LeaderPacket } from '../../wire/quorum/leader-packets.ts';
import { learnerPacket, readLearnerPacket } from '../../wire/quorum/learner-packets.ts';
import { LEARNER_PROTOCOL, SNAPSHOT_SIGNATURE } from '../../wire/quorum/packet-types.ts';
import { packetBytes, type QuorumPacket } from '../../wire/quorum/quorum-packet.ts';
import { QuorumWireError } from '../../wire/quorum/quorum-wire-error.ts';
import type { LeaderMessage, LearnerMessage } from '../replication/messages.ts';
import { decodeTransaction, encodeTransaction } from '../txn/transaction-codec.ts';
import type { Transaction } from '../txn/transaction.ts';

/** The bytes of a leader's word, good until the next word of anybody. Those of a snapshot's tree follow its own. */
export function leaderBytes(message: LeaderMessage): Uint8Array {
  return packetBytes(leaderPacket(toPacket(message)));
}

/** The bytes of a learner's word, good until the next word of anybody. */
export function learnerBytes(message: LearnerMessage): Uint8Array {
  switch (message.kind) {
    case 'info':
      return packetBytes(learnerPacket({ ...message, protocolVersion: LEARNER_PROTOCOL }));
    case 'request': {
      const { sessionId, cxid, type, body, identities } = message.request;
      return packetBytes(learnerPacket({ kind: 'request', sessionId, cxid, type, body, identities }));
    }
    default:
      return packetBytes(learnerPacket(message));
  }
}

/** What follows the tree of a snapshot. */
export function signatureBytes(): Uint8Array {
  const writer = new JuteWriter();
  writer.ustring(SNAPSHOT_SIGNATURE);
  return writer.finish();
}

/** A leader's word; null for one that learners pass over. @throws WireError */
export function readLeaderMessage(packet: QuorumPacket): LeaderMessage | null {
  const read = readLeaderPacket(packet);
  if (read === null) return null;
  switch (read.kind) {
    case 'leaderInfo':
      return { kind: 'leaderInfo', epoch: read.epoch };
    case 'proposal':
    case 'inform':
      return { kind: read.kind, txn: transactionOf(read.zxid, read.txn) };
    case 'informAndActivate':
      return { kind: 'informAndActivate', txn: transactionOf(read.zxid, read.txn), designatedLeader: read.designatedLeader };
    case 'diff':
    case 'trunc':
    case 'snap':
    case 'commit':
    case 'ping':
      return { kind: read.kind, zxid: read.zxid };
    default:
      return read;
  }
}

/** A learner's word; null for one that leaders pass over. @throws WireError */
export function readLearnerMessage(packet: QuorumPacket): LearnerMessage | null {
  const read = readLearnerPacket(packet);
  if (read === null) return null;
  if (read.kind === 'info') {
    const { observer, acceptedEpoch, sid, configVersion } = read;
    if (sid === null) throw new QuorumWireError('PayloadMissing', 'a learner that does not say its id is of a version before 3.4, which is not served');
    return { kind: 'info', observer, acceptedEpoch, sid, configVersion };
  }
  if (read.kind !== 'request') return read;
  const { sessionId, cxid, type, body, identities } = read;
  return { kind: 'request', request: { sessionId, cxid, type, body, identities: identities ?? [] } };
}

function toPacket(message: LeaderMessage): LeaderPacket {
  switch (message.kind) {
    case 'leaderInfo':
      return leaderInfo(message.epoch);
    case 'proposal':
    case 'inform':
      return { kind: message.kind, zxid: message.txn.header.zxid, txn: encodeTransaction(message.txn) };
    case 'informAndActivate': {
      const { txn, designatedLeader } = message;
      return { kind: 'informAndActivate', zxid: txn.header.zxid, designatedLeader, txn: encodeTransaction(txn) };
    }
    default:
      return message;
  }
}

function transactionOf(zxid: bigint, bytes: Uint8Array): Transaction {
  // A copy: the transaction is kept for a while, and a view would keep everything that came with it.
  const txn = decodeTransaction(bytes.slice());
  if (txn.header.zxid !== zxid) throw new QuorumWireError('PayloadTruncated', `a packet of zxid ${zxid} holds transaction ${txn.header.zxid}`);
  return txn;
}
